"""The register of accounts: who sees and changes an entry, two administrators, declared against counted, the file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, SomebodyElseSaved, WrongMoment
from divisions.models import AccountHolder, AccountRecord, Channel, Department, User
from divisions.selectors import register as selectors
from divisions.services import register
from records.models import LedgerEntry
from records.services import ledger
from tests.counting import queries_of

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
URL = "/desk/register/"


def entry(d: SimpleNamespace, slug: str = "facebook-northeast", who: str = "smo") -> selectors.Entry:
    return selectors.entry(access.rights(getattr(d, who)), slug)


def newest() -> LedgerEntry:
    found = LedgerEntry.objects.order_by("-seq").first()
    assert found is not None
    return found


# ---- services


def test_a_changed_fact_is_kept_and_remembered_by_its_name(department: SimpleNamespace) -> None:
    d = department
    facts = {"owner": d.supervisor, "opened_on": date(2012, 5, 1), "recovery": "new@x.example"}
    made = register.change_record(channel=d.facebook_northeast, by=d.smo, now=NOW, **facts)
    assert made == ["opened_on", "owner", "recovery"]
    act = newest()
    assert (act.type, act.actor_id, act.subject_id) == (
        "divisions.register.changed",
        d.smo.pk,
        str(d.facebook_northeast.pk),
    )
    told = act.data["changed"]
    assert told == {"owner": "supervisor@test.example", "opened_on": "2012-05-01", "recovery": "changed"}
    assert "new@x.example" not in str(act.data)  # a way into the account stays out of the record
    assert register.change_record(channel=d.facebook_northeast, by=d.smo, owner=d.supervisor) == []


@pytest.mark.parametrize("who", ["officer", "supervisor", "auditor", "records"])
def test_only_who_manages_channels_changes_an_entry(department: SimpleNamespace, who: str) -> None:
    d = department
    by = getattr(d, who)
    with pytest.raises(NotAllowed):
        register.change_record(channel=d.facebook_northeast, by=by, recovery="mine@x.example")
    with pytest.raises(NotAllowed):
        register.add_holder(channel=d.facebook_northeast, user=by, second_factor=True, by=by)
    with pytest.raises(NotAllowed):
        register.remove_holder(holder=AccountHolder.objects.filter(channel=d.facebook_northeast)[0], by=by)


def test_another_divisions_entry_does_not_exist(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(NotVisible):
        entry(d, "facebook-central", "officer")
    with pytest.raises(NotVisible):
        register.change_record(channel=d.facebook_central, by=d.officer, recovery="mine@x.example")


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"opened_on": date(2027, 1, 1)}, "opened_on"), ({"colour": "blue"}, "colour")],
)
def test_what_cannot_be_is_refused_by_name(department: SimpleNamespace, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        register.change_record(channel=department.nixle, by=department.smo, now=NOW, **facts)
    assert refused.value.field == field


def test_two_administrators_each_with_a_second_factor_keep_the_rule(department: SimpleNamespace) -> None:
    d = department
    assert entry(d).rule == ""
    first, second = selectors.holders(d.facebook_northeast)
    register.remove_holder(holder=second, by=d.smo, now=NOW)
    assert entry(d).rule == "Only one person is entered as its administrator; two are needed."
    register.add_holder(channel=d.facebook_northeast, user=d.supervisor, second_factor=False, by=d.smo, now=NOW)
    assert entry(d).rule == "Only one administrator holds a second factor; two are needed."
    register.add_holder(channel=d.facebook_northeast, user=d.supervisor, second_factor=True, by=d.smo, now=NOW)
    assert entry(d).rule == ""
    ended = AccountHolder.objects.filter(channel=d.facebook_northeast, removed_at__isnull=False)
    assert ended.count() == 2  # holders are never edited, they end
    register.remove_holder(holder=first, by=d.smo, now=NOW)
    with pytest.raises(WrongMoment):
        register.remove_holder(holder=first, by=d.smo, now=NOW)


def test_somebody_who_no_longer_signs_in_does_not_count(department: SimpleNamespace) -> None:
    User.objects.filter(pk=department.admin.pk).update(is_active=False)
    assert entry(department).rule.startswith("Only one person")


def test_a_stranger_to_the_division_cannot_hold_its_account(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(BadInput, match="belongs to no division"):
        register.add_holder(channel=d.facebook_northeast, user=d.stranger, second_factor=True, by=d.smo)


def test_the_entry_of_an_account_that_was_given_up_stays_as_it_was(department: SimpleNamespace) -> None:
    d = department
    Channel.objects.filter(pk=d.nixle.pk).update(state="retired")
    with pytest.raises(WrongMoment):
        register.change_record(channel=d.nixle, by=d.smo, read_hours="never")
    with pytest.raises(WrongMoment):
        register.add_holder(channel=d.nixle, user=d.boss, second_factor=True, by=d.smo)
    assert entry(d, "nixle").is_retired
    every = selectors.entries(access.rights(d.smo))
    assert [e.channel.slug for e in selectors.narrowed(every, show="retired")] == ["nixle"]


def test_what_is_missing_is_named_and_counted(department: SimpleNamespace) -> None:
    d = department
    AccountRecord.objects.filter(channel=d.facebook_northeast).update(recovery="", opened_on=None)
    found = entry(d).completeness
    assert {"recovery address", "day it was opened"} <= set(found.missing)
    assert found.known + len(found.missing) == found.asked
    assert "reading hours" not in entry(d, "x-staff").completeness.missing  # the public does not read it


def test_the_declared_number_is_set_by_who_manages_everything_and_both_numbers_are_kept(
    department: SimpleNamespace,
) -> None:
    d = department
    register.declare(number=5, was=4, by=d.smo, now=NOW)
    assert Department.objects.get().declared_accounts == 5
    assert newest().data == {"was": 4, "now": 5, "counted": 5}
    with pytest.raises(SomebodyElseSaved):
        register.declare(number=6, was=4, by=d.smo, now=NOW)
    with pytest.raises(NotAllowed):
        register.declare(number=6, was=5, by=d.boss, now=NOW)
    with pytest.raises(BadInput):
        register.declare(number=-1, was=5, by=d.smo, now=NOW)


def test_a_profile_that_links_back_is_news_once(department: SimpleNamespace) -> None:
    d = department
    AccountRecord.objects.filter(channel=d.nixle).delete()
    told = {"channel": d.nixle, "now": NOW}
    assert register.seen_linking_back(links_back=True, **told)
    assert not register.seen_linking_back(links_back=True, **{**told, "now": NOW + timedelta(hours=1)})
    assert register.seen_linking_back(links_back=False, **told)
    assert LedgerEntry.objects.filter(type="divisions.register.link_seen").count() == 2


def test_the_ledger_fails_and_nothing_of_the_register_is_saved(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = department
    held = list(AccountHolder.objects.order_by("pk").values())
    entered = list(AccountRecord.objects.order_by("pk").values())

    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the ledger cannot be written")

    monkeypatch.setattr(ledger, "append_many", refuse)
    acts = (
        lambda: register.change_record(channel=d.nixle, by=d.smo, recovery="else@x.example"),
        lambda: register.add_holder(channel=d.nixle, user=d.boss, second_factor=True, by=d.smo),
        lambda: register.remove_holder(holder=AccountHolder.objects.filter(channel=d.nixle)[0], by=d.smo),
        lambda: register.declare(number=9, was=4, by=d.smo),
        lambda: register.seen_linking_back(channel=d.nixle, links_back=False, now=NOW),
    )
    for act in acts:
        with pytest.raises(RuntimeError):
            act()
    assert list(AccountHolder.objects.order_by("pk").values()) == held
    assert list(AccountRecord.objects.order_by("pk").values()) == entered
    assert Department.objects.get().declared_accounts == 4


# ---- pages


def test_the_list_says_the_two_numbers_to_who_oversees_and_not_to_a_division(
    department: SimpleNamespace, as_: Any
) -> None:
    d = department
    body = as_(d.smo).get(URL).content.decode()
    assert "5 counted, 4 declared." in body
    assert "Read and sign" in body
    mine = as_(d.officer).get(URL).content.decode()
    assert "declared" not in mine
    assert "TPDNortheast" in mine
    assert "TPDCentral" not in mine


def test_signing_shows_the_old_number_beside_the_new_one_first(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    first = client.post(f"{URL}declared/", {"number": "5", "was": "4"})
    assert first.status_code == 200
    body = first.content.decode()
    assert "old number" in body
    assert "Sign 5" in body
    assert Department.objects.get().declared_accounts == 4
    client.post(f"{URL}declared/", {"number": "5", "was": "4", "sure": "yes"})
    assert Department.objects.get().declared_accounts == 5
    assert "5 counted, 5 declared" in client.get(URL).content.decode()
    assert client.post(f"{URL}declared/", {"number": "many", "was": "5"}).status_code == 422
    assert as_(department.officer).post(f"{URL}declared/", {"number": "9", "was": "5"}).status_code == 404


def test_the_filters_show_what_they_say(department: SimpleNamespace, as_: Any) -> None:
    d = department
    selectors.holders(d.nixle)[0].delete()
    client = as_(d.smo)

    def handles(**asked: str) -> set[str]:
        body = client.get(URL, asked).content.decode()
        return {h for h in ("TPDNortheast", "TPDCentral", "TestPDStaff", "test-police-department") if h in body}

    assert handles(show="rule") == {"test-police-department"}
    assert handles(division="central") == {"TPDCentral"}
    assert handles(platform="nixle") == {"test-police-department"}
    assert handles(q="tpdnorth") == {"TPDNortheast"}
    assert handles(show="retired") == set()
    assert handles(show="nonsense") == set()
    assert client.get(URL, {"q": "\x00", "page": "x"}).status_code == 200


def test_an_entry_is_changed_on_its_page_and_the_page_tells_who_did(department: SimpleNamespace, as_: Any) -> None:
    d = department
    client, page = as_(d.smo), f"{URL}facebook-northeast/"
    typed = {"owner": d.supervisor.pk, "opened_on": "2011-05-02", "read_hours": "Weekdays", "links_back": "no"}
    assert client.post(page, typed).status_code == 302
    record = AccountRecord.objects.get(channel=d.facebook_northeast)
    assert (record.owner, record.read_hours, record.links_back) == (d.supervisor, "Weekdays", False)
    assert record.recovery == ""  # emptied in the form, so emptied
    assert "reading hours: Weekdays" in client.get(page).content.decode()
    wrong = client.post(page, {**typed, "opened_on": "2999-01-01", "public_email": "no address"})
    assert wrong.status_code == 422
    assert "no address" in wrong.content.decode()
    member = as_(d.officer)
    assert member.post(page, typed).status_code == 403
    assert member.post(f"{URL}facebook-central/", typed).status_code == 404


def test_where_a_lost_password_goes_is_shown_to_few(department: SimpleNamespace, as_: Any) -> None:
    d, page = department, f"{URL}facebook-northeast/"
    for who, sees in ((d.smo, True), (d.auditor, True), (d.officer, False), (d.supervisor, False)):
        assert ("accounts@test.example" in as_(who).get(page).content.decode()) is sees
        file = as_(who).get(f"{URL}accounts.csv").content.decode()
        assert ("accounts@test.example" in file) is sees


def test_holders_are_entered_and_taken_out_on_the_page(department: SimpleNamespace, as_: Any) -> None:
    d = department
    client = as_(d.smo)
    add = f"{URL}facebook-northeast/holders/"
    assert client.post(add, {"user": d.supervisor.pk, "second_factor": "on"}).status_code == 302
    row = AccountHolder.objects.get(channel=d.facebook_northeast, user=d.supervisor)
    assert client.post(add, {"user": d.stranger.pk}).status_code == 422
    assert client.post(f"{URL}holders/{row.pk}/remove/").status_code == 302
    row.refresh_from_db()
    assert row.removed_at is not None
    body = client.get(f"{URL}facebook-northeast/").content.decode()
    assert "supervisor@test.example is no longer an administrator of it." in body
    assert as_(d.stranger).post(f"{URL}holders/{row.pk}/remove/").status_code == 404


def test_the_file_has_a_row_an_account_and_no_cell_computes(department: SimpleNamespace, as_: Any) -> None:
    d = department
    AccountRecord.objects.filter(channel=d.nixle).update(read_hours='=HYPERLINK("http://evil.example")')
    text = as_(d.smo).get(f"{URL}accounts.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    nixle = next(row for row in rows if row["platform"] == "Nixle")
    assert nixle["read_hours"].startswith("'=")
    assert nixle["holders"] == "Social media officer; Administrator"
    assert nixle["two_administrators"] == "kept"
    mine = as_(d.officer).get(f"{URL}accounts.csv").content.decode("utf-8-sig")
    assert [row["handle"] for row in csv.DictReader(io.StringIO(mine))] == ["TPDNortheast"]


def test_it_asks_as_many_questions_for_many_accounts_as_for_few(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    paths = (URL, f"{URL}accounts.csv", f"{URL}?show=missing&page=2")
    few = [queries_of(client, path) for path in paths]
    Channel.objects.bulk_create(
        Channel(slug=f"more-{n}", division=department.central, platform="mastodon", handle=f"more{n}", name="More")
        for n in range(120)
    )
    assert [queries_of(client, path) for path in paths] == few


def test_nobody_who_is_not_signed_in_has_a_register(department: SimpleNamespace) -> None:
    assert selectors.entries(access.rights(AnonymousUser())) == []
