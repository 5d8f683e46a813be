"""A delivery as its row on a page: what happened, who can fix it, what may be pressed by whoever looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors.contract import Rendered
from connectors.errors import ConnectorError
from divisions import access
from divisions.access import Rights
from divisions.permissions import Right
from divisions.services.accounts import capabilities_of
from divisions.states import ChannelState, Platform
from posts.models import Delivery
from posts.selectors import holds
from posts.selectors.published import VIDEO_MIME, file_path
from posts.services.accounts import connector_of
from posts.services.begin import outgoing_of
from posts.states import NEEDS_A_PERSON, Act, DeliveryState

_DOES: dict[str, tuple[str, str]] = {
    Act.PUBLISH: ("", "Delivered"),
    Act.EDIT: ("Correct: ", "Corrected"),
    Act.REPLY: ("Correction as a reply: ", "Posted"),
    Act.WITHDRAW: ("Take down: ", "Gone"),
    Act.HIDE: ("Hide: ", "Hidden"),
    Act.RESTORE: ("Restore: ", "Restored"),
}


@dataclass(slots=True, kw_only=True)
class Place:
    """One row. `until` = how long the approval still lets it go; `is_next` = its button is the page's filled one."""

    delivery: Delivery
    may_decide: bool
    may_prove: bool
    may_connect: bool
    may_see_channel: bool
    who: str = ""
    until: datetime | None = None
    is_covered: bool = False
    in_grace: bool = False
    pack: Rendered | None = None
    pictures: tuple[dict[str, str], ...] = ()
    is_next: bool = False
    error: str = ""
    error_field: str = ""
    typed: str = ""

    @property
    def name(self) -> str:
        """What the row is called: "Public page, Northeast", "X, @handle"."""
        channel = self.delivery.channel
        if channel.is_own:
            return f"{channel.get_platform_display()}, {channel.division.short_name}"
        if channel.platform == Platform.X and channel.handle:
            return f"{channel.get_platform_display()}, @{channel.handle.lstrip('@')}"
        return f"{channel.get_platform_display()}, {channel.name}"

    @property
    def title(self) -> str:
        """The name with what is done there: "Take down: Facebook, Northeast"."""
        return f"{_DOES[self.delivery.act][0]}{self.name}"

    @property
    def done_word(self) -> str:
        """What a proven act is called."""
        return _DOES[self.delivery.act][1]

    @property
    def is_act(self) -> bool:
        """Whether it is something done to a copy, told in its own words; a doubt or a hold is told as everywhere."""
        told = (DeliveryState.UNCERTAIN, DeliveryState.HELD)
        return self.delivery.act != Act.PUBLISH and self.delivery.state not in told

    @property
    def may_close(self) -> bool:
        """Whether the person may close it with words, though nothing is proven (P9)."""
        open_states = (DeliveryState.FAILED, DeliveryState.MISSED, DeliveryState.AWAITING_PROOF)
        return self.may_decide and self.delivery.state in open_states

    @property
    def is_broken_off(self) -> bool:
        """Whether the account itself has to be connected first."""
        return self.delivery.channel.state != ChannelState.CONNECTED


def of(rows: Iterable[Delivery], mine: Rights, *, now: datetime) -> list[Place]:
    """A row for each delivery, in the order given; the first that the person can act on carries the filled button.

    Queries beyond the rows: two for who else may decide, asked only when somebody has to wait for them; and, when
    something is held, one for the holds in force and one for each of those.
    """
    who: dict[Right, str] = {}
    found = list(rows)
    covered = _covered(found)
    places = [_place(row, mine, now, who, row.pk in covered) for row in found]
    for place in places:
        open_to = place.may_decide or (place.may_prove and place.delivery.state == DeliveryState.AWAITING_PROOF)
        if place.delivery.state in NEEDS_A_PERSON and open_to:
            place.is_next = True
            break
    return places


def _covered(rows: list[Delivery]) -> set[int]:
    """Ids of held rows that a hold in force still covers: those open only after its release."""
    held = [row.pk for row in rows if row.state == DeliveryState.HELD]
    if not held:
        return set()
    return {
        pk
        for hold in holds.in_force()
        for pk in holds.rows_in_scope(hold).filter(pk__in=held).values_list("pk", flat=True)
    }


def _place(row: Delivery, mine: Rights, now: datetime, who: dict[Right, str], is_covered: bool) -> Place:
    division, own = row.post.division_id, row.channel if row.channel.division_id == row.post.division_id else None
    proof = row.state == DeliveryState.AWAITING_PROOF
    place = Place(
        delivery=row,
        may_decide=mine.can(Right.DECIDE_DELIVERY, division, own),
        may_prove=mine.can(Right.PROVE_HANDOFF, division, own),
        may_connect=mine.can(Right.MANAGE_CHANNEL, row.channel.division_id, row.channel),
        may_see_channel=row.channel.division_id in mine.visible_division_ids(),
        until=row.revision.not_after if row.revision and row.revision.not_after > now else None,
    )
    place.is_covered, place.in_grace = is_covered, now <= row.grace_until
    right = Right.PROVE_HANDOFF if proof else Right.DECIDE_DELIVERY
    if row.state in (*NEEDS_A_PERSON, DeliveryState.HELD) and not (place.may_prove if proof else place.may_decide):
        place.who = who.get(right) or who.setdefault(right, access.who_can(right))
    if proof:
        place.pack, place.pictures = _pack(row, now)
    return place


def _pack(row: Delivery, now: datetime) -> tuple[Rendered | None, tuple[dict[str, str], ...]]:
    """Exactly what a person pastes by hand, and the pictures to add."""
    outgoing = outgoing_of(row, planned_at=now)
    pictures = tuple(
        {
            "url": file_path(m.sha256, m.mime),
            "alt": m.alt,
            "credit": m.credit,
            "noun": "Video" if m.mime == VIDEO_MIME else "Picture",
        }
        for m in outgoing.media
    )
    try:
        connector = connector_of(row.channel)
        return connector.render(outgoing, capabilities_of(row.channel)), pictures
    except ConnectorError:
        return None, pictures
