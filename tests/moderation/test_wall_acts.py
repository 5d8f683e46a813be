"""An account that lies open on the wall, and what is done about it there: each act comes back to the same place."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from connectors.contract import Health
from divisions.access import rights
from divisions.models import AccountRecord, Channel
from moderation.selectors import profile, wall
from moderation.states import Level
from records.models import LedgerEntry
from tests import stories
from tests.counting import queries_of
from tests.stories import NOW

URL = "/desk/wall/"
BACK = "show=soon&division=northeast&page=3&next=https://elsewhere.example/"


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_an_open_account_shows_its_days_its_gaps_in_the_register_and_its_acts(
    department: SimpleNamespace, as_: Any
) -> None:
    stories.live(department.northeast, department.officer, department.supervisor, now=NOW)
    page = as_(department.smo).get(URL, {"open": "facebook-northeast"}).content.decode()
    assert page.count('class="heat__day') == 90
    assert "of the last 90 days" in page
    assert "Missing: " in page
    assert "promised rhythm" in page
    for act in ("duty", "look"):
        assert f'action="/desk/wall/facebook-northeast/{act}/"' in page
    assert "Start a post" in page


def test_who_only_looks_gets_the_days_and_no_act(department: SimpleNamespace, as_: Any) -> None:
    page = as_(department.auditor).get(URL, {"open": "facebook-northeast"}).content.decode()
    assert "of the last 90 days" in page
    assert "/desk/wall/facebook-northeast/" not in page


def test_naming_who_is_on_duty_saves_says_so_in_the_row_and_keeps_the_filters(
    department: SimpleNamespace, as_: Any
) -> None:
    client, d = as_(department.smo), department
    answer = client.post(f"{URL}facebook-northeast/duty/", {"duty_officer": d.supervisor.pk, "back": BACK})
    assert (
        answer.headers["Location"] == f"{URL}?show=soon&division=northeast&open=facebook-northeast#a-facebook-northeast"
    )
    assert Channel.objects.get(slug="facebook-northeast").duty_officer == d.supervisor
    assert LedgerEntry.objects.filter(type="divisions.channel.changed", actor_id=d.smo.pk).count() == 1
    page = client.get(f"{URL}?open=facebook-northeast").content.decode()
    assert f"{d.supervisor.name} is on duty for it." in page
    assert f"{d.supervisor.name} is on duty" not in client.get(f"{URL}?open=facebook-northeast").content.decode()


def test_an_account_that_the_filter_hides_afterwards_is_still_spoken_of(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    data = {"duty_officer": department.supervisor.pk, "back": "platform=nixle"}
    page = client.post(f"{URL}facebook-northeast/duty/", data, follow=True).content.decode()
    assert "Facebook, " in page
    assert f"{department.supervisor.name} is on duty for it." in page
    assert "1 of 1 accounts" in page


def test_somebody_of_elsewhere_cannot_be_put_on_duty(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    before = Channel.objects.get(slug="facebook-northeast").duty_officer
    data = {"duty_officer": department.stranger.pk, "back": ""}
    page = client.post(f"{URL}facebook-northeast/duty/", data, follow=True).content.decode()
    assert "This person does not work for the account" in page
    assert Channel.objects.get(slug="facebook-northeast").duty_officer == before


@pytest.mark.parametrize("answers", [True, False])
def test_connecting_again_asks_the_account_first(
    department: SimpleNamespace, as_: Any, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    said = Health(ok=answers, warnings=() if answers else ("The sign-in is refused.",))
    monkeypatch.setattr("divisions.services.tokens.check", lambda **_: said)
    Channel.objects.filter(slug="facebook-northeast").update(state="needs_attention", state_reason="The sign-in ended")
    client = as_(department.smo)
    assert 'action="/desk/wall/facebook-northeast/reconnect/"' in client.get(URL).content.decode()
    page = client.post(f"{URL}facebook-northeast/reconnect/", {"back": ""}, follow=True).content.decode()
    state = Channel.objects.get(slug="facebook-northeast").state
    assert (state == "connected") is answers
    assert ("connected again" in page) is answers
    assert ("The sign-in is refused." in page) is not answers


def test_an_account_that_is_connected_is_not_asked_again(department: SimpleNamespace, as_: Any) -> None:
    page = as_(department.smo).post(f"{URL}facebook-northeast/reconnect/", {"back": ""}, follow=True)
    assert "It is connected already." in page.content.decode()


def test_our_own_pages_are_no_accounts_of_the_wall(department: SimpleNamespace, as_: Any) -> None:
    assert as_(department.smo).post(f"{URL}northeast-website/duty/", {"duty_officer": ""}).status_code == 404


def test_an_open_account_is_shown_on_the_page_where_it_stands(department: SimpleNamespace, as_: Any) -> None:
    made = [
        Channel(slug=f"page-{n}", division=department.central, platform="facebook", name=f"Page {n}", handle=f"p{n}")
        for n in range(120)
    ]
    Channel.objects.bulk_create(made)
    last = wall.rows(rights(department.smo), now=NOW)[-1].channel.slug
    page = as_(department.smo).get(URL, {"open": last}).content.decode()
    assert f'id="a-{last}"' in page
    assert page.count('class="heat__day') == 90


def test_the_divisions_ask_as_many_queries_for_many_accounts_as_for_five(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    few, few_open = (queries_of(client, url) for url in (f"{URL}divisions/", f"{URL}?open=nixle"))
    Channel.objects.bulk_create(
        Channel(slug=f"page-{n}", division=department.central, platform="facebook", name=f"Page {n}", handle=f"p{n}")
        for n in range(200)
    )
    assert queries_of(client, f"{URL}divisions/") <= few
    assert queries_of(client, f"{URL}?open=nixle") <= few_open
    assert f'href="{URL}?division=central"' in client.get(f"{URL}divisions/").content.decode()


def test_a_supervisor_without_the_right_opens_neither(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.supervisor)
    assert [client.get(url).status_code for url in (URL, f"{URL}divisions/")] == [403, 403]


def test_the_register_says_what_it_lacks_of_an_account(department: SimpleNamespace) -> None:
    Channel.objects.filter(slug="facebook-northeast").update(
        handle="ne", url="https://a.example/", cadence_days=7, duty_officer=department.officer, remote_id="1"
    )
    row = next(r for r in wall.rows(rights(department.smo), now=NOW) if r.channel.slug == "facebook-northeast")
    found = profile.of_account(row.channel)
    assert "front desk phone" in found.missing
    assert "handle" not in found.missing
    assert found.known + len(found.missing) == found.asked == 21 - (row.channel.mode == "hand_off")
    staff = next(r for r in wall.rows(rights(department.smo), now=NOW) if r.channel.audience == "internal")
    assert not any("division" in name for name in staff.profile.missing)


def test_an_account_of_which_half_is_unknown_is_soon_and_never_urgent(department: SimpleNamespace) -> None:
    Channel.objects.filter(slug="nixle").update(handle="", url="", cadence_days=None, remote_id="", best_from=None)
    Channel.objects.filter(slug="nixle").update(duty_officer=department.officer)
    AccountRecord.objects.filter(channel__slug="nixle").delete()
    division = Channel.objects.get(slug="nixle").division
    type(division).objects.filter(pk=division.pk).update(intro="", address="", phone_desk="", hours="")
    row = next(r for r in wall.rows(rights(department.smo), now=NOW) if r.channel.slug == "nixle")
    assert row.level is Level.SOON
    assert row.reason is not None
    assert row.reason.code == "profile"
    assert row.sentence.startswith("The register knows 3 of 20 ")


def test_an_account_that_one_person_holds_is_soon_and_leads_to_its_entry(department: SimpleNamespace, as_: Any) -> None:
    department.facebook_central.holders.filter(user=department.admin).update(removed_at=NOW)
    Channel.objects.filter(slug="facebook-central").update(duty_officer=department.officer)
    row = next(r for r in wall.rows(rights(department.smo), now=NOW) if r.channel.slug == "facebook-central")
    assert row.level is Level.SOON
    assert "Only one person is entered as its administrator; two are needed." in row.sentence
    body = as_(department.smo).get(URL).content.decode()
    assert 'href="/desk/register/facebook-central/"' in body
