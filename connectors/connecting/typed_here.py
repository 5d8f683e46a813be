"""What the ways share that have no sign-in anywhere: their answers to what they never do."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, NoReturn

from connectors.connecting.contract import App, Asked, Opened, Scope, Way
from connectors.errors import NotSupported


class TypedHere:
    """Nobody is sent anywhere: everything is typed in here."""

    label: ClassVar[str]
    ways: ClassVar[tuple[Way, ...]] = (Way.TYPED,)
    before_sign_in: ClassVar[tuple[Asked, ...]] = ()
    scopes: ClassVar[tuple[Scope, ...]] = ()
    registers_itself: ClassVar[bool] = False
    renews_by: ClassVar[tuple[str, ...]] = ()

    def app(self, app: App, typed: object, redirect_uri: str) -> App:
        """Return the app as it is: none is needed."""
        return app

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Raise NotSupported: there is no page to sign in at."""
        self._nowhere()

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Raise NotSupported: there is no page to come back from."""
        self._nowhere()

    def _nowhere(self) -> NoReturn:
        raise NotSupported(f"{self.label}: there is nowhere to sign in; what is needed is typed in here")
