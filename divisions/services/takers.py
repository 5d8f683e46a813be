"""Who takes what a person has in each division, and whether they can. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from divisions import access, belongings
from divisions.belongings import Case, Line
from divisions.errors import BadInput
from divisions.models import Division, User
from divisions.permissions import Right


def locked(ids: Iterable[int]) -> dict[int, User]:
    """People as they are now, locked in one order: nobody takes over while they are themselves handed over."""
    return User.objects.select_for_update().order_by("pk").in_bulk(set(ids))


def named(
    case: Case,
    lines: Iterable[Line],
    successor: User | None,
    by_division: Mapping[int, User],
    *,
    to_come: Iterable[int] = (),
) -> dict[int, User]:
    """Who takes what is in each division, by its id. Raises BadInput naming everything that nobody can take.

    `to_come` = divisions in which the person works on for some days: somebody has to be named for what they begin
    there, even where nothing is theirs now.
    """
    passes = [line for line in lines if not line.ends]
    later = frozenset(to_come)
    found, refused = {}, {}
    for pk, place in sorted(Division.objects.in_bulk({*(line.division_id for line in passes), *later}).items()):
        words = ", ".join(line.words for line in passes if line.division_id == pk and not line.opens)
        begun = f"what they begin in {place} until then"
        theirs = f"{words} of {place}" if words else begun if pk in later else f"the accounts of {place}"
        field = f"successor_{pk}" if pk in by_division else "successor"
        taker = by_division.get(pk) or successor
        if taker is None:
            refused[pk] = (field, f"Nobody is named for {theirs}.")
            continue
        found[pk] = taker
        why = cannot_take(case, pk, taker, to_come=pk in later)
        if why:
            refused[pk] = (field, f"{taker} cannot take {theirs}: {why}.")
    if refused:
        field = next(iter(refused.values()))[0]
        said = " ".join(sentence for _, sentence in refused.values())
        raise BadInput(field, said, cure="Choose somebody who can, or another person for that division.")
    return found


def cannot_take(case: Case, division_id: int, taker: User, *, to_come: bool = False) -> str:
    """Why somebody cannot take what a person has in a division, in a few words; empty when they can."""
    if taker.pk == case.person.pk:
        return "nobody hands over to themselves"
    if not taker.is_active:
        return "they no longer sign in"
    theirs = access.rights(taker)
    if division_id not in theirs.visible_division_ids():
        return "they are no member there or above"
    reasons = (mover.cannot_take(case, division_id, theirs) for mover in belongings.movers())
    why = next((why for why in reasons if why), "")
    return why or ("may not write there" if to_come and not theirs.can(Right.DRAFT_POST, division_id) else "")
