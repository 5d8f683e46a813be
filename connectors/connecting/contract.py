"""How an account of a platform is connected: what is asked, what the sign-in opens, what stands in the way.

Shapes and the `Connecting` protocol only. No platform's facts, no wire (see `wire`), nothing that is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from connectors.contract import Account, Secrets

NOBODY_CAN_TELL = "unknown"


class Way(StrEnum):
    """How a person proves that the account is theirs."""

    SIGN_IN = "sign_in"  # at the platform, which sends them back with a code
    TYPED = "typed"  # keys or an app password are typed in here


class Weight(StrEnum):
    """What a finding means: `stop` = nothing would go out, `warning` = not everything, `unknown` = nobody says."""

    OK = "ok"
    WARNING = "warning"
    STOP = "stop"
    UNKNOWN = NOBODY_CAN_TELL


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One precondition as it was found: what, how it stands, and who can cure it how."""

    code: str
    weight: Weight
    words: str
    cure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One permission by the platform's own name; without a `needed` one nothing could be sent.

    `opens` names what of the capabilities goes with it: media | read | hide | reply | metrics.
    """

    name: str
    gives: str
    needed: bool = False
    opens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing a person types. A `secret` one never comes back into a page."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What has to be done at the platform, in plain words.

    `who` must sign in, `before` is what an administrator does once, `where` the address to do it, `ends` where a person
    takes the connection back at the platform, and `stays` what a disconnected account keeps there.
    """

    who: str
    before: tuple[str, ...]
    where: str
    ends: str
    stays: str = "Everything that was posted stays where it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The department's own app at a platform, and where that platform answers (no slash at the end).

    `here` is what this machine brings (a mail server, whom a try is written to); it is never kept.
    """

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_base: str = ""
    mode: str = "live"
    here: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One account that a sign-in opens, with everything its channel will need.

    `scopes` None = the platform does not say; `tasks` are the person's own rights there; `grant` names the sign-in
    itself where one sign-in opens several accounts (taking it back takes it from all of them); `ends_at` None = open.
    """

    remote_id: str
    name: str
    handle: str
    url: str = ""
    api_base: str = ""
    secrets: Secrets = field(default_factory=dict, repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] | None = None
    tasks: tuple[str, ...] | None = None
    grant: str = ""
    ends_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what is sealed until the person has decided."""
        return {**asdict(self), "ends_at": self.ends_at.isoformat() if self.ends_at else None}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Opened:
        """Read back what `to_json` wrote."""
        lists = {key: None if kept[key] is None else tuple(kept[key]) for key in ("scopes", "tasks")}
        ends = datetime.fromisoformat(kept["ends_at"]) if kept["ends_at"] else None
        return cls(**{**kept, **lists, "ends_at": ends})

    def account(self, platform: str, mode: str) -> Account:
        """Return the account as its connector will see it."""
        return Account(
            platform=platform,
            handle=self.handle,
            remote_id=self.remote_id,
            api_base=self.api_base,
            mode=mode,
            secrets=self.secrets,
            settings=self.settings,
        )


class Connecting(Protocol):
    """One platform's way to connect an account. Calls raise the errors of `connectors.errors`."""

    platform: ClassVar[str]
    label: ClassVar[str]
    guide: ClassVar[Guide]
    scopes: ClassVar[tuple[Scope, ...]]
    ways: ClassVar[tuple[Way, ...]]
    asked: ClassVar[tuple[Asked, ...]]  # to be typed where no sign-in at the platform is used
    before_sign_in: ClassVar[tuple[Asked, ...]]  # to be typed before it
    renews_by: ClassVar[tuple[str, ...]]  # a sign-in that holds one of these secrets renews itself
    registers_itself: ClassVar[bool]  # Substation makes its own app there, nobody types keys

    def app(self, app: App, typed: Mapping[str, str], redirect_uri: str) -> App:
        """Return the app to sign in with: where it answers, registered there when `registers_itself`."""
        ...

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return the address at the platform to which the person is sent. Pure."""
        ...

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Trade the code and return the accounts it opens (none is an answer, too)."""
        ...

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Try what was typed and return the account it opens."""
        ...

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """Test each precondition of one account; what cannot be asked is a finding, never an error."""
        ...

    def revoke(self, app: App, account: Account) -> str:
        """Take the sign-in back at the platform; returns what came of it in words, or raises."""
        ...


@runtime_checkable
class MadeHere(Connecting, Protocol):
    """A way with no account at the other end: we make it, so nothing there has to be found again.

    `hands_out` names the secret that the other side needs before it can be tried ("" = none); `able` and `unable` (with
    the next best act) are what Substation will and will not be able to do, in the way's own words.
    """

    hands_out: ClassVar[str]
    able: ClassVar[tuple[str, ...]]
    unable: ClassVar[tuple[tuple[str, str], ...]]
