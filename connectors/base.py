"""What every connector starts from: it renders and says what it can; all else is NotSupported until written.

No platform's behaviour lives here.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import update_wrapper
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from connectors import composing, matching
from connectors.contract import (
    Account,
    Capabilities,
    Comment,
    Health,
    Metrics,
    Outgoing,
    Page,
    Policy,
    Probe,
    Profile,
    Remote,
    Rendered,
    Result,
    Secrets,
    State,
    Step,
)
from connectors.errors import Misconfigured, NotSupported, Refused, Temporary, Uncertain
from connectors.facts import CAPABILITIES

logger = logging.getLogger(__name__)


Self = TypeVar("Self", bound="BaseConnector")
Rest = ParamSpec("Rest")
Answered = TypeVar("Answered")
Method = Callable[Concatenate[Self, Account, Rest], Answered]


def reads_answers(method: Method[Self, Rest, Answered]) -> Method[Self, Rest, Answered]:
    """Treat an answer of a shape we do not know like no answer, instead of breaking on it.

    Temporary on a read and on a repeatable step, Uncertain on any other; what broke is logged.
    """

    def read(self: Self, account: Account, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Answered:
        try:
            return method(self, account, *args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            logger.exception("%s answered %s in a way we cannot read", self.platform, method.__name__)
            unsafe = any(isinstance(arg, Step) and not arg.repeatable for arg in args)
            kind = Uncertain if unsafe else Temporary
            raise kind(f"{self.platform} answered in a way we cannot read", status=200) from error

    update_wrapper(read, method)
    return read


MAX_PAGES = 10  # of own posts looked through after an answer was lost


class BaseConnector:
    """Answers from the tables; a platform overrides what it can do."""

    platform: ClassVar[str]
    ambiguous_policy: ClassVar[Policy] = Policy.FIND_THEN_ASK

    def capabilities(self, account: Account | None = None) -> Capabilities:
        """Return what this platform can do."""
        return CAPABILITIES[self.platform]

    def limits(self, account: Account) -> dict[str, Any]:
        """What the account's own server limits, as JSON, for platforms whose servers differ. May make a wire call."""
        return {}

    def verify(self, account: Account) -> Health:
        """Raise NotSupported: nothing to look at."""
        raise self._cannot("look at an account")

    def refresh(self, account: Account) -> Secrets | None:
        """Return None: nothing needs refreshing."""
        return None

    def render(self, outgoing: Outgoing, capabilities: Capabilities) -> Rendered:
        """Compose and count exactly the text that goes out. Pure."""
        return composing.render(self.platform, outgoing, capabilities)

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Raise NotSupported."""
        raise self._cannot(outgoing.act.value)

    def run(self, account: Account, step: Step, state: State) -> Result:
        """Raise NotSupported."""
        raise self._cannot(step.name)

    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Raise NotSupported."""
        raise self._cannot("look up a post")

    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """Raise NotSupported."""
        raise self._cannot("list own posts")

    def profile(self, account: Account) -> Profile:
        """Raise NotSupported."""
        raise self._cannot("read the account's profile")

    def fetch_comments(self, account: Account, remote: Remote, cursor: str | None) -> Page[Comment]:
        """Raise NotSupported."""
        raise self._cannot("read comments")

    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Raise NotSupported."""
        raise self._cannot("read counts")

    def _blob(self, account: Account, sha256: str) -> bytes:
        """Return the rendition's bytes, proven to be those that were approved."""
        if account.blobs is None:
            raise Misconfigured("Account.blobs is not set, so no media can be read")
        try:
            content = account.blobs.read(sha256)
        except FileNotFoundError as error:
            cure = "Attach the picture again and submit the post anew."
            raise Refused(f"the media file {sha256[:12]} is not there", cure=cure) from error
        except OSError as error:
            raise Temporary(f"the media file {sha256[:12]} cannot be read just now") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Refused("the media file is not the one that was approved", cure="Approve the post again.")
        return content

    def _look_among_own(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Page through the account's own posts since the probe's moment and keep those that are sought."""
        found: list[Remote] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = self.list_own(account, cursor, probe.since)
            found += [remote for remote in page.items if self._is_sought(remote, probe)]
            cursor = page.next_cursor
            if cursor is None:
                break
        return tuple(found)

    def _is_sought(self, remote: Remote, probe: Probe) -> bool:
        """Whether a post of the account's own is the one a probe is after."""
        return matching.matches(remote, probe)

    def _cannot(self, what: str) -> NotSupported:
        return NotSupported(f"{self.platform} cannot {what} here")
