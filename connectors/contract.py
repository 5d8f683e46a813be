"""The one contract between the delivery engine and every platform: shapes and the `Connector` protocol.

One `run` is one wire call, and whatever is needed to repeat it safely is stored before it. Only shapes live
here; no
platform's facts (see `facts`), no text rules (see `composing`), no wire (see `http`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from connectors.mailing_port import MailingList

Secrets = Mapping[str, str]
State = dict[str, Any]


class Act(StrEnum):
    """What a delivery does at a platform. None of them deletes a comment of the public's."""

    PUBLISH = "publish"
    EDIT = "edit"
    REPLY = "reply"
    WITHDRAW = "withdraw"
    HIDE = "hide"
    RESTORE = "restore"


class Policy(StrEnum):
    """What to do after a non-repeatable call whose answer we never heard."""

    REPEAT = "repeat"
    FIND_THEN_REPEAT = "find_then_repeat"
    FIND_THEN_ASK = "find_then_ask"


class BlobReader(Protocol):
    """Where the bytes of a frozen rendition come from; steps store only the hash."""

    def read(self, sha256: str) -> bytes:
        """Return the bytes whose SHA-256 (hex) is `sha256`."""
        ...


@runtime_checkable
class BlobOpener(Protocol):
    """A reader that can also give a file in pieces, for what is too big to hold whole."""

    def open(self, sha256: str) -> IO[bytes]:
        """Return the bytes whose SHA-256 (hex) is `sha256` as a file; whoever opens it closes it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One channel as its connector sees it.

    `remote_id` is the platform's id of the page or user, `api_base` the address up to the platform's
    version (no slash
    at the end), `mode` live | sandbox | hand_off. `secrets` never shows in a repr.
    """

    platform: str
    handle: str
    remote_id: str = ""
    api_base: str = ""
    mode: str = "live"
    secrets: Secrets = field(default_factory=dict, repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    blobs: BlobReader | None = field(default=None, repr=False, compare=False)
    mailing: MailingList | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One image or video as approved: bytes named by hash, with the words that go with it.

    `url` is where the public reads it on our own pages; empty where it has no public address. `captions` names the
    bytes of a film's WebVTT file by their SHA-256; empty = it has none.
    """

    sha256: str
    mime: str
    alt: str = ""
    credit: str = ""
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    url: str = ""
    captions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an act other than publish is done to; `root_id` is the start of the thread, for an answer."""

    remote_id: str
    root_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Everything one delivery says, frozen. `url` is the canonical address an own channel will have.

    `kind` is the post's kind by its slug, for platforms that ask how grave a message is; empty = nobody said.
    """

    act: Act
    key: str
    planned_at: datetime
    title: str = ""
    text: str = ""
    language: str = "en"
    link: str | None = None
    media: tuple[Media, ...] = ()
    target: Target | None = None
    url: str | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One wire call to be made; `repeatable` = a second run shows nothing twice."""

    name: str
    repeatable: bool
    payload: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return what is stored with the delivery before the first call."""
        return {"name": self.name, "repeatable": self.repeatable, "payload": self.payload}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Step:
        """Read back what `to_json` wrote."""
        return cls(
            name=str(stored["name"]),
            repeatable=bool(stored["repeatable"]),
            payload=dict(stored["payload"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that it is out: the platform's id and the address people see."""

    remote_id: str
    url: str
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The act is finished. For withdraw and hide "already gone" is this, too."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Next:
    """This step is through; commit `state`, then run the next one."""

    state: State


@dataclass(frozen=True, slots=True)
class Wait:
    """The same step again, not before `not_before`; counts as no failure."""

    state: State
    not_before: datetime


Result = Done | Next | Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRules:
    """What may be attached: kinds of image | video | file, how many, how big, how described."""

    kinds: tuple[str, ...] = ()
    count: int = 0
    max_bytes: int | None = None
    mime: tuple[str, ...] = ()
    alt_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRules:
    """Whether words can be changed after the fact: `when` is none | window | always."""

    when: str = "none"
    window_s: int | None = None
    times: int | None = None
    new_id: bool = False
    text_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRules:
    """What can be done with the public's answers through this connector.

    `days` = how far back the platform tells of them at all; None = as far as they stand there.
    """

    read: bool = False
    hide: bool = False
    reply: bool = False
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can do, in numbers the composer and the checks use.

    `max_text` counts in units of `counter` (x_weighted | grapheme | grapheme+bytes | utf8_bytes | gsm7 |
    characters);
    `max_bytes` is a second limit beside it (Bluesky), `max_title` one on the title. None = no limit known.
    `read_back` False = there is nothing to read afterwards: taking the order is all the proof there can be (webhook).
    """

    max_text: int | None
    counter: str
    url_length: int | None = None
    media: MediaRules = field(default_factory=MediaRules)
    requires_media: bool = False
    edit: EditRules = field(default_factory=EditRules)
    withdraw: bool = False
    list_own: bool = False
    comments: CommentRules = field(default_factory=CommentRules)
    metrics: bool = False
    idempotency: str = "none"
    cost_hint: str = ""
    max_bytes: int | None = None
    max_title: int | None = None
    read_back: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why this cannot (severity "stop") or should not ("warning") go out as it is, and the cure."""

    code: str
    field: str
    message: str
    cure: str
    limit: int | None = None
    actual: int | None = None
    severity: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece to paste by hand: the label of the field and its text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Exactly the text that goes out, counted as that platform counts. Never shortened.

    `parts` is the hand-off pack: what a person pastes where.
    """

    text: str
    count: int
    limit: int | None
    counter: str
    problems: tuple[Problem, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What to look for after an answer was lost; `since` = first attempt - 120 s."""

    act: Act
    key: str
    since: datetime
    remote_id: str | None = None
    target_id: str | None = None
    text: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """One post as the platform shows it; `ours` = made through our app (None: cannot tell).

    `links` are the addresses it leads to, unshortened, where the platform tells; `pictures` how many it carries (None:
    the platform does not say); `versions` the ids that the same post had before it was edited, oldest first; `answers`
    the id of what it answers, empty for a post of its own and where answers are not listed.
    """

    remote_id: str
    url: str
    text: str
    created_at: datetime
    ours: bool | None
    links: tuple[str, ...] = ()
    pictures: int | None = None
    versions: tuple[str, ...] = ()
    answers: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What stands above an account's posts; None = the platform does not say, or says it anew each time."""

    name: str | None = None
    handle: str | None = None
    text: str | None = None
    link: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One answer as the platform shows it: the public's, or the account's own (`ours`), whoever wrote it there."""

    remote_id: str
    post_id: str
    parent_id: str | None
    author: str
    author_id: str
    text: str
    created_at: datetime
    hidden: bool | None = None
    ours: bool = False
    url: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Counts of one post; None = the platform does not say, never 0."""

    views: int | None = None
    likes: int | None = None
    replies: int | None = None
    shares: int | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What `verify` saw of an account: is the token good, until when, for what."""

    ok: bool
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """One page of a list; `next_cursor` None = that was the last."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


class Connector(Protocol):
    """The code that speaks one platform's language. What it cannot do raises NotSupported, in `plan` too."""

    platform: ClassVar[str]
    ambiguous_policy: ClassVar[Policy]

    def capabilities(self, account: Account | None = None) -> Capabilities:
        """Return what this platform can do (for this account, where settings differ)."""
        ...

    def limits(self, account: Account) -> dict[str, Any]:
        """What the account's own server limits, for its setting `limits`; empty where servers do not differ."""
        ...

    def verify(self, account: Account) -> Health:
        """Look at the account: token, expiry, scopes. Raises the errors of `errors` but NotAuthorised."""
        ...

    def refresh(self, account: Account) -> Secrets | None:
        """Return new secrets to be saved before use, or None where nothing needs refreshing."""
        ...

    def render(self, outgoing: Outgoing, capabilities: Capabilities) -> Rendered:
        """Compose and count exactly the text that goes out. Pure."""
        ...

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Choose steps, keys and bytes. Pure: the same outgoing gives the same steps."""
        ...

    def run(self, account: Account, step: Step, state: State) -> Result:
        """Make exactly one wire call (own channels: none)."""
        ...

    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Is it there? By id where known, else by link or text, created after `probe.since`."""
        ...

    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """Return one page of the account's own posts, newest first."""
        ...

    def profile(self, account: Account) -> Profile:
        """Return what stands above the account's posts."""
        ...

    def fetch_comments(self, account: Account, remote: Remote, cursor: str | None) -> Page[Comment]:
        """Return one page of the public's answers to `remote`."""
        ...

    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Return counts by remote id; a post that is gone is left out."""
        ...
