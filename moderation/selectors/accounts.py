"""Every account a person oversees with everything that is judged about it, as light rows. Reads only.

Five queries, however many accounts there are: the accounts, their divisions, what is in trouble, what waits in review,
which comments wait.
Plain values and no model instances: thousands are read to show a screenful. Which of
them needs somebody is decided in `moderation.selectors.wall`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, F, Min, QuerySet

from divisions.access import Rights
from divisions.models import Channel, Division
from divisions.selectors import channels as channel_selectors
from divisions.selectors import register, takeover
from divisions.states import OWN_PLATFORMS, ChannelState, Platform
from moderation.selectors import contributions, drift
from moderation.selectors.rounds import with_checks
from posts.models import Delivery, Variant
from posts.selectors.desk import with_moments
from posts.states import Act, DeliveryState, Stage

_S = DeliveryState
_PLATFORMS = {str(platform): str(platform.label) for platform in Platform}
_STATES = {str(state): str(state.label) for state in ChannelState}


@dataclass(slots=True, kw_only=True)
class Account:
    """One account. The first block is read by its own names; what follows is filled in from the other queries.

    `last_at` is the newest delivered post, `next_at` the next that is due; `check_due_at` is when its check round was
    or will be due; `broken`, `doubts` and `proofs` count deliveries, each `…_post` names the post when there is one.
    """

    pk: int
    slug: str
    division_id: int
    platform: str
    name: str
    handle: str
    url: str
    remote_id: str
    audience: str
    mode: str
    state: str
    state_reason: str
    token_expires_at: datetime | None
    cadence_days: int | None
    best_from: time | None
    duty_officer_id: int | None
    duty_officer__name: str | None
    duty_officer__is_active: bool | None
    created_at: datetime
    last_at: datetime | None
    next_at: datetime | None
    signed_at: datetime | None
    signed_name: str | None
    open_round: int | None
    check_due_at: datetime
    drifts: int
    strangers: int
    takeover_at: datetime | None
    comment_watch__looked_at: datetime | None
    comment_watch__problem: str | None
    holder_count: int
    factor_count: int
    record__owner_id: int | None
    record__recovery: str | None
    record__opened_on: date | None
    record__public_email: str | None
    record__public_phone: str | None
    record__contact_url: str | None
    record__policy_url: str | None
    record__listed_url: str | None
    record__links_back: bool | None
    record__read_hours: str | None

    division: Division
    on_duty: str | None = None
    waiting: int = 0
    broken: int = 0
    broken_post: int | None = None
    doubts: int = 0
    doubt_since: datetime | None = None
    doubt_post: int | None = None
    proofs: int = 0
    proof_due_at: datetime | None = None
    proof_post: int | None = None
    unanswered: int = 0
    unanswered_since: datetime | None = None

    @property
    def duty_officer(self) -> str:
        """The name of who is on duty now, else of its standing officer; empty for nobody."""
        return self.standing[1] if self.on_duty is None else self.on_duty

    @property
    def standing(self) -> tuple[int | None, str]:
        """The standing officer: id and name, which is empty for who no longer signs in."""
        return self.duty_officer_id, (self.duty_officer__name or "") if self.duty_officer__is_active else ""

    @property
    def is_own(self) -> bool:
        """Our own pages are never among them; `access` asks."""
        return self.platform in OWN_PLATFORMS

    def get_platform_display(self) -> str:
        """The platform's name, as a channel says it."""
        return _PLATFORMS.get(self.platform, self.platform)

    def get_state_display(self) -> str:
        """The state's name, as a channel says it."""
        return _STATES.get(self.state, self.state)

    def __str__(self) -> str:
        return f"{self.get_platform_display()}, {self.name}"


_NAMES = [field.name for field in fields(Account)]
_READ = _NAMES[: _NAMES.index("division")]


def overseen(mine: Rights) -> QuerySet[Channel]:
    """The accounts a person oversees, as ids for other queries: no list of thousands travels to the database."""
    ids: QuerySet[Any] = channel_selectors.overseen_by(mine).order_by().values("pk")
    return ids


def read(mine: Rights) -> list[Account]:
    """Every account the person oversees, in no order. Five queries."""
    rows: QuerySet[Any] = register.with_holders(with_checks(with_moments(channel_selectors.overseen_by(mine))))
    rows = rows.annotate(**drift.of_wall(), takeover_at=takeover.opened_at())
    values = list(rows.order_by().select_related(None).values_list(*_READ))
    at = _READ.index("division_id")
    divisions = Division.objects.in_bulk({row[at] for row in values})
    found = {row[0]: Account(division=divisions[row[at]], **dict(zip(_READ, row, strict=True))) for row in values}
    _add_trouble(found, mine)
    _add_waiting(found, mine)
    _add_unanswered(found, mine)
    return list(found.values())


def _add_trouble(found: dict[int, Account], mine: Rights) -> None:
    """What failed, what is in doubt, what waits for its link: a group for each account and state. One query."""
    states = (_S.FAILED, _S.MISSED, _S.UNCERTAIN, _S.AWAITING_PROOF)
    rows = Delivery.objects.filter(channel__in=overseen(mine), act=Act.PUBLISH, state__in=states).order_by()
    groups = rows.values("channel", "state").annotate(
        n=Count("pk"), since=Min("state_at"), due=Min("due_at"), first=Min("post")
    )
    for group in groups:
        account = found.get(group["channel"])
        if account is None:
            continue
        if group["state"] == _S.UNCERTAIN:
            account.doubts, account.doubt_since, account.doubt_post = group["n"], group["since"], group["first"]
        elif group["state"] == _S.AWAITING_PROOF:
            account.proofs, account.proof_due_at, account.proof_post = group["n"], group["due"], group["first"]
        else:
            account.broken += group["n"]
            account.broken_post = group["first"]


def _add_waiting(found: dict[int, Account], mine: Rights) -> None:
    """How many posts in review are for an account. One query."""
    rows = in_review(overseen(mine)).order_by().values("channel").annotate(n=Count("pk"))
    for channel, n in rows.values_list("channel", "n"):
        if channel in found:
            found[channel].waiting = n


def _add_unanswered(found: dict[int, Account], mine: Rights) -> None:
    """How many comments wait for an answer on each account, and since when. One query, by its partial index."""
    for channel, waits in contributions.unanswered_of(overseen(mine)).items():
        if channel in found:
            found[channel].unanswered, found[channel].unanswered_since = waits.count, waits.oldest


def in_review(channels: Iterable[Any]) -> QuerySet[Variant]:
    """What is written for channels in posts that wait for approval now."""
    return Variant.objects.filter(
        channel__in=channels, revision__post__stage=Stage.IN_REVIEW, revision__post__revision=F("revision")
    )
