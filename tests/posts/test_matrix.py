"""The matrix: the most specific rule, the strictest of all that apply, never below two for what harms most."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from divisions.errors import BadInput, NotAllowed, NotVisible
from divisions.models import User
from posts.kinds import Flag, Kind
from posts.models import MatrixRow
from posts.models.approving import ALWAYS_TWO, Asks
from posts.selectors import approving
from posts.services import matrix
from records.models import LedgerEntry
from records.services import ledger
from tests.stories import NOW, submitted

ROOT, NORTHEAST, BELOW = "/1/", "/1/2/", "/1/2/3/"


def _row(asks: str, *, kind: str = "", flag: str = "", division: int | None = None, channel: int | None = None) -> Any:
    return MatrixRow(kind=kind, flag=flag, division_id=division, channel_id=channel, asks=asks)


def _asks(rows: list[Any], *, kind: str = "event", flags: tuple[str, ...] = (), path: str = BELOW, on: Any = ()) -> str:
    return approving.weigh(rows, kind=kind, flags=flags, path=path, channels=on).asks


# ---- weighing, without a database


@pytest.mark.parametrize("kind", Kind.values)
def test_without_a_rule_every_kind_asks_for_one(kind: str) -> None:
    assert _asks([], kind=kind) == Asks.ONE


@pytest.mark.parametrize("flag", Flag.values)
def test_without_a_rule_the_five_flags_ask_for_two(flag: str) -> None:
    assert _asks([], flags=(flag,)) == (Asks.TWO if flag in ALWAYS_TWO else Asks.ONE)


def test_a_flag_makes_a_trusted_kind_ask_again() -> None:
    rows = [_row("direct", kind="event")]
    assert _asks(rows) == Asks.DIRECT
    assert _asks(rows, flags=("minor_image",)) == Asks.ONE
    assert _asks(rows, flags=("juvenile",)) == Asks.TWO


def test_the_nearest_division_counts_and_is_inherited_by_all_below() -> None:
    rows = [_row("two", kind="event"), _row("one", kind="event", division=2)]
    assert _asks(rows, path=ROOT) == Asks.TWO
    assert _asks(rows, path=NORTHEAST) == Asks.ONE
    assert _asks(rows, path=BELOW) == Asks.ONE
    assert _asks([*rows, _row("two", kind="event", division=3)], path=BELOW) == Asks.TWO


def test_a_channels_rule_is_nearer_than_any_divisions() -> None:
    rows = [_row("direct", kind="event", division=3), _row("two", kind="event", channel=7)]
    assert _asks(rows, on=(7,)) == Asks.TWO
    assert _asks(rows, on=(8,)) == Asks.DIRECT
    assert _asks([*rows, _row("one", kind="event", channel=7, division=2)], on=(7,)) == Asks.ONE


def test_over_several_channels_the_strictest_counts() -> None:
    rows = [_row("direct", kind="event"), _row("one", kind="event", channel=7)]
    assert _asks(rows, on=(8, 9)) == Asks.DIRECT
    assert _asks(rows, on=(8, 7)) == Asks.ONE


def test_another_divisions_rule_says_nothing_here() -> None:
    assert _asks([_row("direct", kind="event", division=9)]) == Asks.ONE


def test_the_rule_says_because_of_what_it_asks_for_two() -> None:
    found = approving.weigh([], kind="update", flags=("death", "juvenile"), path=ROOT, channels=())
    assert found.rule.endswith("It touches a death and a child.")
    assert found.who() == "a supervisor and the social media officer"


# ---- changing it


@pytest.mark.parametrize("flag", ALWAYS_TWO)
@pytest.mark.parametrize("asks", ["one", "direct"])
def test_what_always_asks_for_two_never_asks_for_less(department: SimpleNamespace, flag: str, asks: str) -> None:
    d = department
    with pytest.raises(BadInput, match="always asks for two"):
        matrix.change(flag=flag, asks=asks, division=d.northeast, by=d.smo, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        MatrixRow.objects.create(flag=flag, asks=asks)


def test_no_flag_goes_out_unseen(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(BadInput, match="never goes out unseen"):
        matrix.change(flag="minor_image", asks="direct", by=d.smo, now=NOW)
    with pytest.raises(DatabaseError, match="a_flag_is_never_direct"), transaction.atomic():
        MatrixRow.objects.create(flag="minor_image", asks="direct")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "event", "flag": "death", "asks": "two"}, "kind"),
        ({"asks": "two"}, "kind"),
        ({"kind": "poem", "asks": "two"}, "kind"),
        ({"flag": "rain", "asks": "two"}, "flag"),
        ({"kind": "event", "asks": "three"}, "asks"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_field(department: SimpleNamespace, facts: Any, field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        matrix.change(by=department.smo, now=NOW, **facts)
    assert refusal.value.field == field


def test_a_rule_is_replaced_in_its_place_and_remembered(department: SimpleNamespace) -> None:
    d = department
    first = matrix.change(kind="event", asks="two", by=d.smo, now=NOW)
    second = matrix.change(kind="event", asks="direct", by=d.smo, now=NOW)
    matrix.change(kind="event", asks="one", division=d.northeast, by=d.smo, now=NOW)
    assert first.pk == second.pk
    matrix.remove(row=second, by=d.smo, now=NOW)
    told = LedgerEntry.objects.filter(type__startswith="posts.matrix.").order_by("seq")
    assert [(e.type.rpartition(".")[2], e.data["before"], e.data["asks"]) for e in told] == [
        ("changed", "", "two"),
        ("changed", "two", "direct"),
        ("changed", "", "one"),
        ("removed", "direct", ""),
    ]
    assert approving.required(submitted(d.northeast, d.officer, kind="event", facts=_event())).asks == Asks.ONE


@pytest.mark.parametrize("who", ["officer", "supervisor", "boss", "admin", "records", "auditor"])
def test_only_who_publishes_policy_changes_it(department: SimpleNamespace, who: str) -> None:
    d = department
    with pytest.raises((NotAllowed, NotVisible)):
        matrix.change(kind="event", asks="direct", by=getattr(d, who), now=NOW)
    with pytest.raises((NotAllowed, NotVisible)):
        matrix.change(kind="event", asks="direct", division=d.northeast, by=getattr(d, who), now=NOW)
    assert not MatrixRow.objects.exists()


ACTS: dict[str, Callable[[SimpleNamespace, MatrixRow], Any]] = {
    "change": lambda d, row: matrix.change(kind="faq", asks="direct", by=d.smo, now=NOW),
    "remove": lambda d, row: matrix.remove(row=row, by=d.smo, now=NOW),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_ledger_fails_nothing_is_saved(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    d = department
    row = matrix.change(kind="faq", asks="two", by=d.smo, now=NOW)

    def broken(entries: Any) -> Any:
        raise RuntimeError("the ledger is full")

    monkeypatch.setattr(ledger, "append_many", broken)
    with pytest.raises(RuntimeError, match="the ledger is full"):
        ACTS[act](d, row)
    assert MatrixRow.objects.get().asks == "two"


# ---- the page


def test_the_page_changes_a_rule_and_shows_a_refusal_at_its_field(department: SimpleNamespace, as_: Any) -> None:
    browser = as_(department.smo)
    answer = browser.post("/desk/review/rules/", {"what": "flag:death", "asks": "one"})
    assert answer.status_code == 422
    assert "always asks for two approvers" in answer.content.decode()
    assert browser.post("/desk/review/rules/", {"what": "kind:event", "asks": "two"}).status_code == 302
    page = browser.get("/desk/review/rules/").content.decode()
    assert "Event: Two approvers, one of them central" in page
    row = MatrixRow.objects.get()
    assert browser.post(f"/desk/review/rules/{row.pk}/remove/").status_code == 302
    assert "No exceptions." in browser.get("/desk/review/rules/").content.decode()


def test_an_officer_reads_the_rules_without_the_form_and_without_other_divisions(
    department: SimpleNamespace, as_: Any
) -> None:
    d = department
    matrix.change(kind="faq", asks="two", division=d.central, by=d.smo, now=NOW)
    page = as_(d.officer).get("/desk/review/rules/").content.decode()
    assert "whatever touches a child, a sexual offense" in page
    assert "Save the rule" not in page
    assert "FAQ: Two" not in page


def test_the_admin_changes_it_through_the_service_and_says_what_that_refuses(
    department: SimpleNamespace, as_: Any, superuser: User
) -> None:
    d = department
    User.objects.filter(pk=d.smo.pk).update(is_staff=True)
    add = "/admin/posts/matrixrow/add/"
    browser = as_(User.objects.get(pk=d.smo.pk))
    assert "always asks for two" in browser.post(add, {"flag": "death", "asks": "one"}).content.decode()
    assert browser.post(add, {"kind": "faq", "division": d.northeast.pk, "asks": "two"}).status_code == 302
    row = MatrixRow.objects.get()
    assert (row.changed_by, row.division) == (d.smo, d.northeast)
    assert browser.post(f"/admin/posts/matrixrow/{row.pk}/change/", {"asks": "direct"}).status_code == 302
    assert MatrixRow.objects.get().asks == "direct"
    assert (
        "You may not change who approves what"
        in as_(superuser).post(add, {"kind": "event", "asks": "direct"}).content.decode()
    )
    assert MatrixRow.objects.count() == 1


def _event() -> dict[str, str]:
    return {"starts_at": "2026-11-25T18:00", "place": "The library"}
