"""The way to a platform and back: one browser, one person, once, ten minutes; and what stands in the way is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from connectors.sandbox.control import put_account
from connectors.sandbox.faults import Rule
from divisions.models import Channel, PendingConnection
from divisions.services import connect
from tests.divisions.sandbox_person import answer_page, local, query_of, refused_page
from tests.divisions.test_connect import FACEBOOK, HERE, X, signed_in, way_to
from tests.network import SandboxNetwork

BACK = "/desk/channels/connect/facebook/back/"


@pytest.fixture
def smo(department: SimpleNamespace, as_: Any) -> Client:
    """The social media officer's browser."""
    client: Client = as_(department.smo)
    return client


@pytest.fixture
def new_page(network: SandboxNetwork) -> Any:
    """A Page of the sandbox that no channel stands for yet."""
    return put_account(network.server.network, {"platform": "facebook", "handle": "NewPage", "name": "New page"})


def came_back(client: Client, address: str) -> tuple[int, str]:
    """Come back with an address; the status and our page."""
    answer = client.get(local(address))
    return answer.status_code, answer.content.decode()


def test_a_state_is_good_once(smo: Client, new_page: Any) -> None:
    _, there = way_to(smo)
    address = answer_page(there)
    assert came_back(smo, address)[0] == 302
    status, text = came_back(smo, address)
    assert status == 400
    assert "belongs to no connection that you began in this browser" in text


def test_a_state_of_another_person_or_another_browser_is_refused_and_stays_good_for_its_own(
    department: SimpleNamespace, smo: Client, new_page: Any, as_: Callable[[Any], Client]
) -> None:
    _, there = way_to(smo)
    address = answer_page(there)
    assert came_back(as_(department.admin), address)[0] == 400
    assert came_back(as_(department.smo), address)[0] == 400
    assert came_back(smo, address)[0] == 302


def test_a_connection_begun_in_one_browser_is_not_there_in_another(
    department: SimpleNamespace, smo: Client, new_page: Any, as_: Callable[[Any], Client]
) -> None:
    own = signed_in(smo)
    assert smo.get(own).status_code == 200
    assert as_(department.smo).get(own).status_code == 404
    assert as_(department.admin).post(own, {"act": "connect"}).status_code == 404


@pytest.mark.parametrize(
    "query", ["", "?state=made-up&code=1", "?code=1", "?state=%00&code=%00", "?error=access_denied"]
)
def test_a_made_up_answer_is_a_clear_page_and_never_an_error(
    department: SimpleNamespace, smo: Client, query: str
) -> None:
    answer = smo.get(BACK + query)
    assert answer.status_code == 400
    assert "Nothing was connected" in answer.content.decode()


def test_after_ten_minutes_the_way_is_over_and_the_row_is_gone(smo: Client, new_page: Any) -> None:
    _, there = way_to(smo)
    address = answer_page(there)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        status, text = came_back(smo, address)
        assert (status, PendingConnection.objects.count()) == (400, 1)
        assert "The ten minutes for the sign-in are over." in text
        assert connect.forget_old(now=timezone.now()) == 1


def test_saying_no_at_the_platform_keeps_nothing(smo: Client, new_page: Any) -> None:
    _, there = way_to(smo)
    status, text = came_back(smo, answer_page(there, answer="deny"))
    assert status == 400
    assert "You said no at Facebook" in text
    assert not PendingConnection.objects.exists()


def test_a_code_that_has_run_out_is_said_with_the_platforms_words(smo: Client, new_page: Any) -> None:
    for address in (FACEBOOK, X):
        _, there = way_to(smo, address)
        picked = {"account": "TestPD"} if address == X else {}
        status, text = came_back(smo, answer_page(there, wrong="expired", **picked))
        assert status == 400
        assert "did not let us in" in text
        assert "good once and for a short time" in text


def test_another_code_verifier_opens_nothing(smo: Client, network: SandboxNetwork) -> None:
    _, there = way_to(smo, X)
    other = there.replace("code_challenge=", "code_challenge=x")
    status, text = came_back(smo, answer_page(other, account="TestPD"))
    assert status == 400
    assert "did not let us in" in text


def test_the_platform_sends_nobody_to_another_address_than_ours(smo: Client, new_page: Any) -> None:
    _, there = way_to(smo)
    asked = query_of(there)
    assert asked["redirect_uri"].endswith(BACK)
    elsewhere = there.replace("%2Fdesk%2Fchannels", "%2Felsewhere").replace("/desk/channels", "/elsewhere")
    status, text = refused_page(elsewhere)
    assert (status, "URL blocked" in text) == (400, True)


def test_nothing_in_the_answer_leads_away_from_our_pages(smo: Client, new_page: Any) -> None:
    _, there = way_to(smo)
    address = answer_page(there) + "&next=https://else.example/&redirect_uri=https://else.example/"
    assert smo.get(local(address))["Location"].startswith("/desk/channels/connect/open/")


def test_a_missing_permission_is_named_with_who_can_grant_it_and_nothing_is_connected(
    smo: Client, new_page: Any
) -> None:
    own = signed_in(smo, untick=("pages_manage_posts",))
    smo.post(own, {"act": "choose", "account": new_page.remote_id})
    text = smo.get(own).content.decode()
    assert "pages_manage_posts is missing: without it Substation cannot post, change or delete posts." in text
    assert "Whoever is administrator of the Page signs in again here and leaves it ticked." in text
    assert 'value="connect"' not in text
    answer = smo.post(own, {"act": "connect", "name": "New page"})
    assert answer.status_code == 422
    assert "pages_manage_posts is missing" in answer.content.decode()
    assert not Channel.objects.filter(handle="NewPage").exists()


def test_a_permission_one_can_do_without_takes_away_what_goes_with_it(smo: Client, new_page: Any) -> None:
    own = signed_in(smo, untick=("pages_manage_engagement",))
    smo.post(own, {"act": "choose", "account": new_page.remote_id})
    page = smo.get(own)
    able = [one.words for one in page.context["able"]]
    unable = {one.words: one.instead for one in page.context["unable"]}
    assert "read the public's answers" in able
    assert "answer the public" not in able
    assert unable["answer the public"] == "Open it in Facebook, then paste the link here."
    smo.post(own, {"act": "connect", "name": "New page"})
    assert Channel.objects.get(handle="NewPage").state == "connected"


def test_without_the_permission_to_list_pages_there_is_none_to_choose(smo: Client, new_page: Any) -> None:
    own = signed_in(smo, untick=("pages_show_list",))
    assert "Nothing to choose from." in smo.get(own).content.decode()


def test_a_missing_task_on_the_page_is_named(smo: Client, new_page: Any) -> None:
    own = signed_in(smo, wrong="no_task")
    smo.post(own, {"act": "choose", "account": new_page.remote_id})
    text = smo.get(own).content.decode()
    assert "the task CREATE_CONTENT is missing" in text
    assert "the task MODERATE is missing" in text


def test_an_account_of_another_division_is_taken_and_not_named(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    own = signed_in(smo)
    smo.post(own, {"act": "choose", "account": department.facebook_central.remote_id})
    text = smo.get(own).content.decode()
    assert "This account is a channel of another division already." in text
    assert 'value="connect"' not in text


def test_a_staff_channel_is_never_connected_to_an_account_that_everybody_reads(
    network: SandboxNetwork, smo: Client
) -> None:
    for handle, protected in (("OpenX", False), ("ClosedX", True)):
        put_account(network.server.network, {"platform": "x", "handle": handle, "protected": protected})
        own = signed_in(smo, X.replace("audience=public", "audience=internal"), account=handle)
        text = smo.get(own).content.decode()
        assert ("Everybody can read this account, and the channel is for staff only." in text) is not protected
        assert ('value="connect"' in text) is protected


def test_a_live_account_cannot_be_connected_in_the_training_system(
    department: SimpleNamespace, smo: Client, settings: Any
) -> None:
    settings.SANDBOX = True
    answer = smo.get(f"/desk/channels/connect/facebook/{HERE.replace('sandbox', 'live')}")
    assert answer["Location"] == "/desk/channels/connect/"


def test_when_the_platform_cannot_be_reached_that_is_a_finding_and_may_be_tried_again(
    network: SandboxNetwork, smo: Client, new_page: Any
) -> None:
    own = signed_in(smo)
    network.server.network.faults.add(Rule(account="facebook/NewPage", fault="500", count=1))
    smo.post(own, {"act": "choose", "account": new_page.remote_id})
    text = smo.get(own).content.decode()
    assert "The platform could not be asked" in text
    smo.post(own, {"act": "choose", "account": new_page.remote_id})
    assert "All 5 permissions are granted." in smo.get(own).content.decode()


def test_clocks_that_disagree_are_said(network: SandboxNetwork, smo: Client, new_page: Any) -> None:
    network.server.network.faults.add(Rule(account="facebook/NewPage", fault="skew", value=600))
    own = signed_in(smo)
    smo.post(own, {"act": "choose", "account": new_page.remote_id})
    assert "clock is 10 min behind the platform" in smo.get(own).content.decode()
