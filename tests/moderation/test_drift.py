"""Drift: what differs makes one case, what is ours or not known makes none; a case is decided once, by who may."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from divisions.access import rights
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import AccountRecord, Channel
from divisions.services import channels
from moderation.models import ChannelWatch, DriftCase, DriftStep
from moderation.selectors import drift as selectors
from moderation.selectors import wall
from moderation.services import drift, turns, watching
from moderation.states import TAKEOVER_STEPS, DriftKind, Level
from posts.models import Delivery, Hold, Post
from posts.services import withdraw
from posts.states import Act, DeliveryState
from records.models import LedgerEntry
from records.services import ledger
from tests import told
from tests.counting import queries_of
from tests.network import SandboxNetwork
from tests.stories import approved, asset, tick

WHY = "The night shift answered by hand."


@pytest.fixture
def now() -> datetime:
    """This moment: the network has no other."""
    return timezone.now()


@pytest.fixture
def out(department: SimpleNamespace, network: SandboxNetwork, now: datetime) -> Post:
    """A post with a picture that is out on its page, on Facebook and on X, all read back once."""
    post = published(department, now, pictures=[asset(department.northeast, department.officer)])
    look_at_all(now + timedelta(hours=1))
    assert not DriftCase.objects.exists()
    return post


def published(d: SimpleNamespace, at: datetime, title: str = "Toy drive", **more: Any) -> Post:
    """A post that is out."""
    facts = {
        "text": f"{title}: bring it until 4.30 p.m. & use the west door.",
        "channels": [d.northeast_website, d.facebook_northeast, d.x_department],
        "own_words": {d.x_department.pk: f"{title}, until Friday & no later."},
    }
    post = approved(d.northeast, d.officer, d.supervisor, title=title, now=at, **{**facts, **more})
    tick(at + timedelta(minutes=1))
    return post


def look_at_all(at: datetime) -> list[DriftCase]:
    """Every readable account at one moment; returns the new cases."""
    before = list(DriftCase.objects.values_list("pk", flat=True))
    watching.enrol(now=at)
    ChannelWatch.objects.update(next_at=at)
    watching.look_at_due(now=at)
    return list(DriftCase.objects.exclude(pk__in=before).order_by("pk"))


def on(post: Post, channel: Channel) -> Delivery:
    """Its copy on a channel."""
    return post.deliveries.get(channel=channel, act=Act.PUBLISH)


def changed(network: SandboxNetwork, channel: Channel, remote_id: str, **facts: Any) -> None:
    """Somebody else changes a post."""
    store = network.server.network.store
    found = store.post(remote_id)
    assert found is not None
    for name, value in facts.items():
        setattr(found, name, value)
    store.put_post(found)


def strange(network: SandboxNetwork, channel: Channel, text: str = "Win a phone") -> str:
    """Somebody else posts; returns its id."""
    account = network.server.network.store.account(f"{channel.platform}/{channel.handle}")
    assert account is not None
    return network.server.network.outside_post(account, text).id


def case_of(d: SimpleNamespace, network: SandboxNetwork, now: datetime, channel: Channel | None = None) -> DriftCase:
    """A fresh case: a post on Facebook, Northeast, that we did not send."""
    strange(network, channel or d.facebook_northeast, f"Win a phone {DriftCase.objects.count()}")
    [found] = look_at_all(now + timedelta(hours=2))
    return found


def test_a_post_that_we_did_not_send_is_one_case_however_often_it_is_seen(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    remote_id = strange(network, department.facebook_northeast)
    [case] = look_at_all(now + timedelta(hours=2))
    assert (case.kind, case.remote_id, case.shown["text"], case.expected) == ("posted", remote_id, "Win a phone", {})
    assert look_at_all(now + timedelta(hours=3)) == []
    assert LedgerEntry.objects.filter(type="moderation.drift.found").count() == 1


def test_it_is_a_new_case_when_it_is_changed_afterwards(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    remote_id = strange(network, department.facebook_northeast)
    look_at_all(now + timedelta(hours=2))
    changed(network, department.facebook_northeast, remote_id, text="Win two phones")
    [case] = look_at_all(now + timedelta(hours=3))
    assert (case.kind, case.expected["text"], case.shown["text"]) == ("edited", "Win a phone", "Win two phones")
    assert look_at_all(now + timedelta(hours=4)) == []


def test_each_kind_of_change_is_told_apart(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    d = department
    plain = published(d, now + timedelta(minutes=3), "Lost dog")
    other = published(d, now + timedelta(minutes=5), "Road work")
    changed(network, d.facebook_northeast, on(out, d.facebook_northeast).remote_id, media=[])
    changed(network, d.facebook_northeast, on(plain, d.facebook_northeast).remote_id, link="https://else.example/")
    changed(network, d.facebook_northeast, on(other, d.facebook_northeast).remote_id, text="Until 5.30 p.m.")
    changed(network, d.x_department, on(plain, d.x_department).remote_id, deleted_at="2026-11-24T00:00:00+00:00")
    shown = network.server.network.store.post(on(other, d.x_department).remote_id)
    assert shown is not None
    link = shown.text.split()[-1]
    changed(network, d.x_department, shown.id, text=shown.text.replace(link, "https://else.example/win"))
    found = {(case.channel.slug, case.kind, case.delivery and case.delivery.post.title) for case in look_at_all(
        now + timedelta(hours=2))}  # fmt: skip
    assert found == {
        ("facebook-northeast", "pictures", "Toy drive"),
        ("facebook-northeast", "link", "Lost dog"),
        ("facebook-northeast", "edited", "Road work"),
        ("x-department", "deleted", "Lost dog"),
        ("x-department", "link", "Road work"),
    }


def test_an_edit_on_x_from_outside_is_an_edit_under_its_new_id(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    row, store = on(out, department.x_department), network.server.network.store
    first = store.post(row.remote_id)
    assert first is not None
    new = strange(network, department.x_department, "These are not our words")
    changed(network, department.x_department, new, history=[first.id, new])
    changed(network, department.x_department, first.id, history=[first.id, new], visible=False)
    [case] = look_at_all(now + timedelta(hours=2))
    assert (case.kind, case.remote_id, case.delivery) == ("edited", new, row)


def test_the_first_profile_is_the_measure_and_each_later_change_a_case(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    store = network.server.network.store
    account = store.account("x/TestPD")
    assert account is not None
    account.name, account.bio = "Free phones", "Write to us"
    store.put_account(account)
    cases = {case.kind: (case.expected, case.shown) for case in look_at_all(now + timedelta(hours=2))}
    assert cases == {
        DriftKind.PROFILE_NAME: ({"name": "Test Police Department"}, {"name": "Free phones"}),
        DriftKind.PROFILE_TEXT: ({"text": ""}, {"text": "Write to us"}),
    }
    assert look_at_all(now + timedelta(hours=3)) == []


def test_the_register_learns_from_a_look_whether_the_profile_links_back_to_us(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    records = AccountRecord.objects.filter(channel=department.x_department)
    store = network.server.network.store
    account = store.account("x/TestPD")
    assert account is not None
    for website, links_back, hours in ((f"{settings.BASE_URL}/", True, 2), ("https://else.example/", False, 4)):
        account.website = website
        store.put_account(account)
        look_at_all(now + timedelta(hours=hours))
        assert records.get().links_back is links_back
        assert records.get().links_back_at == now + timedelta(hours=hours)
    before = LedgerEntry.objects.filter(type="divisions.register.link_seen").count()
    look_at_all(now + timedelta(hours=6))
    assert LedgerEntry.objects.filter(type="divisions.register.link_seen").count() == before, "only news is recorded"


def test_what_went_out_unheard_is_no_drift(department: SimpleNamespace, network: SandboxNetwork, now: datetime) -> None:
    network.misbehave(department.x_department, "drop_after_accept")
    unheard = published(department, now, "Bridge closed")
    assert on(unheard, department.x_department).state == DeliveryState.UNCERTAIN
    assert network.texts(department.x_department) != []
    assert look_at_all(now + timedelta(hours=2)) == []


def test_what_was_withdrawn_or_is_a_moment_old_is_no_drift(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    d, at = department, now + timedelta(minutes=5)
    asked = withdraw.ask(post=out, ground="prejudicial", reason="It names a witness.", by=d.supervisor, now=at)
    withdraw.confirm(withdrawal=asked, by=d.smo, now=at)
    tick(at + timedelta(seconds=90))
    assert on(out, d.facebook_northeast).state == DeliveryState.WITHDRAWN
    fresh = published(d, now + timedelta(hours=1, minutes=59), "Just out")
    changed(network, d.facebook_northeast, on(fresh, d.facebook_northeast).remote_id, text="Not yet judged")
    assert look_at_all(now + timedelta(hours=2)) == []


@pytest.mark.parametrize("fault", ["500", "429", "expired"])
def test_a_platform_that_cannot_be_read_is_no_drift_but_not_looked(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime, fault: str
) -> None:
    d, later = department, now + timedelta(hours=2)
    network.misbehave(d.facebook_northeast, fault, count=None)
    strange(network, d.facebook_northeast)
    assert look_at_all(later) == []
    watch = ChannelWatch.objects.get(channel=d.facebook_northeast)
    assert watch.problem.startswith("Facebook could not be read")
    assert (watch.problem_since, watch.looked_at) == (later, now + timedelta(hours=1))
    assert watch.next_at > later


def test_what_is_older_than_the_look_goes_back_is_not_called_deleted(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    assert look_at_all(now + timedelta(days=200)) == []


def test_two_looks_at_once_are_one(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    later = now + timedelta(hours=2)
    strange(network, department.facebook_northeast)
    ChannelWatch.objects.update(next_at=later)
    rows = ChannelWatch.objects.filter(channel=department.facebook_northeast)
    held = turns.claim(rows, later)
    assert held is not None
    assert turns.claim(rows, later) is None
    with pytest.raises(WrongMoment):
        watching.look_now(channel=department.facebook_northeast, by=department.smo, now=later)
    late = turns.claim(rows, later + turns.LEASE + timedelta(seconds=1))  # the first went silent
    assert late is not None
    assert len(watching._look(late, now=later, far=False).cases) == 1
    assert watching._look(held, now=later, far=False).cases == ()
    assert DriftCase.objects.count() == 1


def test_looking_now_asks_for_the_right_and_for_an_account_that_can_be_read(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    d = department
    with pytest.raises(NotAllowed):
        watching.look_now(channel=d.facebook_northeast, by=d.supervisor, now=now)
    with pytest.raises(NotVisible):
        watching.look_now(channel=d.facebook_northeast, by=d.stranger, now=now)
    with pytest.raises(WrongMoment):
        watching.look_now(channel=d.nixle, by=d.smo, now=now)
    assert watching.look_now(channel=d.facebook_northeast, by=d.smo, now=now).problem == ""


def test_a_claim_names_who_and_why_and_later_looks_know_it(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    case = case_of(department, network, now)
    for who, reason in (("", WHY), ("Duty officer", "Too short")):
        with pytest.raises(BadInput):
            drift.claim(case=case, who=who, reason=reason, by=department.smo, now=now)
    row = drift.claim(case=case, who="Duty officer", reason=WHY, by=department.smo, now=now)
    assert (row.decision, row.is_open) == ("claim", False)
    assert look_at_all(now + timedelta(hours=3)) == []
    with pytest.raises(WrongMoment):
        drift.adopt(case=case, by=department.smo, now=now)


def test_a_copy_that_is_gone_is_said_to_be_gone_and_not_withdrawn(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime, as_: Any
) -> None:
    d = department
    changed(network, d.facebook_northeast, on(out, d.facebook_northeast).remote_id, deleted_at="2026-11-24T00:00:00")
    [case] = look_at_all(now + timedelta(hours=2))
    drift.adopt(case=case, by=d.smo, now=now + timedelta(hours=2))
    row = on(out, d.facebook_northeast)
    assert row.state == DeliveryState.DELIVERED
    page = as_(d.officer).get(f"/desk/posts/{out.pk}/").content.decode()
    assert "Gone: deleted outside. Nobody here took it down." in page
    assert look_at_all(now + timedelta(hours=3)) == []


def test_a_takeover_holds_pauses_forgets_and_tells_in_one_act(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    d = department
    case, other = case_of(d, network, now), case_of(d, network, now)
    drift.compromise(case=case, reason="Nobody of us posted it.", by=d.smo, now=now)
    channel = Channel.objects.get(pk=d.facebook_northeast.pk)
    assert (channel.state, channel.credentials, channel.token_expires_at) == ("paused", "", None)
    assert Hold.objects.get(channel=channel).released_at is None
    assert told.names("compromise") == {"officer", "smo", "admin"}
    assert told.names("compromise", path=f"/desk/drift/{case.pk}/") == {"officer", "smo", "admin"}
    before = len(told.letters(now))
    assert drift.compromise(case=other, reason="The same hand.", by=d.smo, now=now).closed_at == now
    assert (len(told.letters(now)), Hold.objects.count()) == (before, 1)
    assert look_at_all(now + timedelta(hours=3)) == []


def test_a_takeover_is_closed_by_its_checklist_and_reconnecting_is_not_believed(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    d = department
    case = drift.compromise(case=case_of(d, network, now), reason="Nobody of us posted it.", by=d.smo, now=now)
    steps = {step.code: step for step in case.steps.all()}
    assert list(steps) == [code for code, _ in TAKEOVER_STEPS]
    with pytest.raises(NotAllowed):
        drift.tick(step=steps["apps"], by=d.supervisor, now=now)
    for code in ("passwords", "two_factor", "leavers", "apps", "posts"):
        assert drift.tick(step=steps[code], by=d.smo, now=now).closed_at is None
    with pytest.raises(WrongMoment):
        drift.tick(step=steps["apps"], by=d.smo, now=now)
    with pytest.raises(WrongMoment, match="not connected"):
        drift.tick(step=steps["reconnect"], by=d.smo, now=now)
    Channel.objects.filter(pk=d.facebook_northeast.pk).update(state="connected")
    assert drift.tick(step=steps["reconnect"], by=d.smo, now=now).closed_at == now


def test_what_was_seen_and_decided_never_changes(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    d = department
    case = case_of(d, network, now)
    rows = DriftCase.objects.filter(pk=case.pk)
    for change in ({"shown": {}}, {"kind": "deleted"}, {"found_at": now}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    drift.compromise(case=case, reason="Nobody of us posted it.", by=d.smo, now=now)
    step = DriftStep.objects.filter(case=case)
    drift.tick(step=step[0], by=d.smo, now=now)
    for act in (
        lambda: rows.update(reason="Another"),
        lambda: rows.delete(),
        lambda: step.filter(done_at__isnull=False).update(done_at=None, done_by=None),
        lambda: step.delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_when_the_ledger_fails_nothing_is_decided_or_found(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    d, case = department, case_of(department, network, now)
    step = drift.compromise(case=case_of(d, network, now), reason="Nobody of us posted it.", by=d.smo, now=now).steps
    first, other = step.first(), case_of(d, network, now, d.x_department)
    strange(network, d.x_department, "One more")

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("the ledger is full")

    monkeypatch.setattr(ledger, "append_many", broken)
    for act in (
        lambda: drift.claim(case=case, who="Duty officer", reason=WHY, by=d.smo, now=now),
        lambda: drift.adopt(case=case, by=d.smo, now=now),
        lambda: drift.compromise(case=other, reason="Nobody of us posted it.", by=d.smo, now=now),
        lambda: drift.tick(step=first, by=d.smo, now=now),
        lambda: channels.forget_credentials(channel=d.x_department, by=d.smo, now=now),
        lambda: watching.look_now(channel=d.x_department, by=d.smo, now=now + timedelta(hours=9)),
    ):
        with pytest.raises(RuntimeError), transaction.atomic():
            act()
    assert not DriftCase.objects.filter(decision__in=["claim", "adopt"]).exists()
    assert DriftCase.objects.count() == 3
    assert not DriftStep.objects.exclude(done_at=None).exists()
    assert Channel.objects.get(pk=d.x_department.pk).credentials
    assert ChannelWatch.objects.get(channel=d.x_department).looked_at == now + timedelta(hours=2)


def test_a_division_sees_its_own_accounts_cases_and_only_who_oversees_decides(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime, as_: Any
) -> None:
    d, case = department, case_of(department, network, now)
    assert list(selectors.open_to(rights(d.officer))) == [case]
    assert list(selectors.open_to(rights(d.stranger))) == []
    url = f"/desk/drift/{case.pk}/"
    assert as_(d.stranger).get(url).status_code == 404
    assert "Win a phone" in as_(d.officer).get(url).content.decode()
    body = {"decision": "adopt"}
    assert as_(d.officer).post(f"{url}decide/", body).status_code == 403
    assert as_(d.stranger).post(f"{url}decide/", body).status_code == 404
    assert as_(d.smo).post(f"{url}decide/", body).status_code == 302
    assert DriftCase.objects.get(pk=case.pk).decision == "adopt"


def test_what_is_typed_is_kept_beside_what_is_missing(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime, as_: Any
) -> None:
    url = f"/desk/drift/{case_of(department, network, now).pk}/decide/"
    answer = as_(department.smo).post(url, {"decision": "claim", "who": "Night shift", "reason": "Short"})
    assert answer.status_code == 422
    assert "At least 10 letters" in (page := answer.content.decode())
    assert 'value="Night shift"' in page


def test_the_list_says_when_all_was_looked_at_and_costs_the_same_for_many(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime, as_: Any
) -> None:
    d, client = department, as_(department.smo)
    page = client.get("/desk/drift/").content.decode()
    assert "Looked at 4 channels" in page
    assert "they show" in page
    case_of(d, network, now)
    one = queries_of(client, "/desk/drift/")
    for number in range(5):
        strange(network, d.x_department, f"Win {number}")
    look_at_all(now + timedelta(hours=4))
    assert queries_of(client, "/desk/drift/") == one
    accounts = client.get("/desk/drift/?show=accounts")
    assert "Posted by hand" in accounts.content.decode()


def test_the_wall_says_how_many_posts_are_not_ours(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, now: datetime
) -> None:
    d = department
    case_of(d, network, now)
    row = next(r for r in wall.rows(rights(d.smo), now=now) if r.channel.slug == "facebook-northeast")
    assert row.level is Level.ACT
    assert "Shows one post we did not send." in row.sentence


def test_the_channels_page_says_when_it_was_looked_at_and_looks_now(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, as_: Any
) -> None:
    client, path = as_(department.smo), "/desk/channels/facebook-northeast/"
    assert "Look now" in client.get(path).content.decode()
    answer = client.post("/desk/drift/look/facebook-northeast/", {"next": path}, follow=True)
    assert "nothing new" in answer.content.decode()
    assert answer.redirect_chain == [(path, 302)]
    away = client.post("/desk/drift/look/facebook-northeast/", {"next": "https://else.example/"})
    assert away.headers["Location"] == "/desk/drift/"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_instant_look_once_each_account_and_make_one_case(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    later, start = now + timedelta(hours=2), threading.Barrier(3)
    looked: list[int] = []
    watching.enrol(now=now)
    ChannelWatch.objects.update(next_at=later)
    strange(network, department.facebook_northeast)
    strange(network, department.x_department)

    def work() -> None:
        start.wait()
        try:
            looked.append(watching.look_at_due(now=later))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(looked) == 4
    assert DriftCase.objects.count() == 2


def test_one_account_that_cannot_be_compared_does_not_keep_the_others_from_being_looked_at(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = watching.expected.of_channel

    def broken(channel: Channel, **times: Any) -> Any:
        if channel == department.x_department:
            raise ValueError("a shape nobody thought of")
        return plain(channel, **times)

    monkeypatch.setattr(watching.expected, "of_channel", broken)
    assert look_at_all(now) == []
    assert ChannelWatch.objects.filter(looked_at=now).count() == 3
    assert ChannelWatch.objects.get(channel=department.x_department).problem_since == now
