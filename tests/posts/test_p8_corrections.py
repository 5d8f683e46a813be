"""P8: published words are put right in the open, by two people; the old words stay to the byte; copies are proven."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import feedparser
import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Channel
from divisions.services import channels
from posts.errors import OwnWork, StopsOpen
from posts.models import Approval, Correction, Delivery, Post, Revision, Variant
from posts.selectors import copies, corrections, public
from posts.selectors.copies import Shows
from posts.selectors.corrections import Typed
from posts.services import correct, decide, deliver, hold, put_right, withdraw
from posts.states import Act, DeliveryState
from tests.network import SandboxNetwork
from tests.stories import NOW, appeal_facts, approved, tick

OLD = "Bring it to our front desk until Friday, November 27, 6 p.m. Use the west entrance."
NEW = "Bring it to our front desk until Saturday, November 28, 4 p.m. Use the ramp on the east side."
WRONG = "We gave the wrong last day and the wrong door."
WHY = "The flyer said Saturday; a reader told us."


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    """The days written here are ahead, whenever this runs."""
    with time_machine.travel(NOW, tick=True):
        yield


def said(**more: Any) -> Typed:
    """What is typed for the stock correction."""
    facts: dict[str, Any] = {"was_wrong": WRONG, "reason": WHY, "title": "Toy drive: where to bring a toy", "text": NEW}
    return Typed(**{**facts, **more})


def published(d: SimpleNamespace, *, now: datetime | None = None) -> Post:
    """A post that is out on its page, the feed, Facebook and X, the last with its own words."""
    now = now or timezone.now()
    post = approved(
        d.northeast,
        d.officer,
        d.supervisor,
        title="Toy drive: where to bring a toy",
        text=OLD,
        channels=[d.northeast_website, d.northeast_feed, d.facebook_northeast, d.x_department],
        own_words={d.x_department.pk: "Toys are taken until Friday, 6 p.m."},
        now=now,
    )
    tick(now + timedelta(minutes=1))
    assert set(post.deliveries.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    return Post.objects.select_related("division", "revision").get(pk=post.pk)


@pytest.fixture
def out(department: SimpleNamespace, network: SandboxNetwork) -> Post:
    """The stock post, published a moment ago."""
    return published(department)


def corrected(d: SimpleNamespace, post: Post, *, now: datetime | None = None, **more: Any) -> Correction:
    """Asked for by the supervisor, confirmed by the central officer, delivered as far as it goes."""
    moment = now or timezone.now() + timedelta(minutes=2)
    words = {d.x_department.pk: "Toys are taken until Saturday, 4 p.m.", **more.pop("words", {})}
    row = correct.ask(post=post, typed=said(words=words, **more), by=d.supervisor, now=moment)
    correct.confirm(correction=row, by=d.smo, now=moment)
    tick(moment + timedelta(seconds=1))
    return row


def _row(post: Post, channel: Channel, act: str) -> Delivery:
    return post.deliveries.select_related("amended_by").get(channel=channel, act=act)


def _shown(post: Post) -> dict[int, Shows]:
    post = Post.objects.select_related("revision").get(pk=post.pk)
    assert post.revision is not None
    return {copy.channel.pk: copy.shows(post.revision) for copy in copies.of_post(post)}


def test_every_copy_is_put_right_and_proven_by_reading(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    corrected(d, out)
    rows = list(out.deliveries.filter(act=Act.EDIT))
    assert {row.state for row in rows} == {DeliveryState.DELIVERED}
    assert len(rows) == 4
    [on_facebook] = network.texts(d.facebook_northeast)
    assert on_facebook.startswith(NEW)
    assert "Corrected " in on_facebook
    assert WRONG in on_facebook
    assert list(_row(out, d.facebook_northeast, Act.EDIT).attempts.values_list("step", flat=True))[-1] == "read-back"
    [on_x] = network.texts(d.x_department)
    assert on_x.startswith("Toys are taken until Saturday, 4 p.m.")
    assert set(_shown(out).values()) == {Shows.RIGHT}


def test_x_is_edited_inside_its_half_hour_and_a_later_withdrawal_uses_its_new_id(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    corrected(d, out)
    first, edit = _row(out, d.x_department, Act.PUBLISH), _row(out, d.x_department, Act.EDIT)
    assert edit.target_remote_id == first.remote_id
    assert edit.remote_id
    assert edit.remote_id != first.remote_id
    asked = withdraw.ask(post=out, ground="illegal", reason="It names a child after all.", by=d.supervisor)
    withdraw.confirm(withdrawal=asked, by=d.smo)
    tick(timezone.now() + timedelta(minutes=3))
    assert _row(out, d.x_department, Act.WITHDRAW).target_remote_id == edit.remote_id
    assert network.shown(d.x_department) == []
    assert network.shown(d.facebook_northeast) == []


def test_after_its_half_hour_x_gets_a_reply_that_is_counted_for_itself(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    out = published(d)
    corrected(d, out, now=timezone.now() + timedelta(minutes=31))
    assert not out.deliveries.filter(channel=d.x_department, act=Act.EDIT).exists()
    reply = _row(out, d.x_department, Act.REPLY)
    assert reply.state == DeliveryState.DELIVERED
    newest, first = network.texts(d.x_department)
    assert newest.startswith(f"Correction: {WRONG}")
    assert first.startswith("Toys are taken until Friday"), "what stands there is not touched"
    assert _shown(out)[d.x_department.pk] == Shows.REPLIED


# ---- what people read


def test_the_page_says_what_was_wrong_and_shows_old_beside_new(
    client: Client, department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    corrected(department, out, apology="We are sorry if you came for nothing.", title="Toy drive: bring a toy")
    out.refresh_from_db()
    body = client.get(out.get_absolute_url()).content.decode()
    notice = body.split('class="notice"', 1)[1].split("</div></div>", 1)[0]
    assert "Corrected on " in notice
    assert f"{WRONG} We are sorry if you came for nothing." in notice
    assert "The title was: <del>" in notice
    assert "old wording: </span>Friday, November 27, 6</span></del>" in body
    assert "new wording: </span>Saturday, November 28, 4</ins>" in body
    assert body.count("Corrected in place") == 2
    assert f'"dateModified": "{_row(out, department.northeast_website, Act.EDIT).settled_at.isoformat()}"' in body


def test_the_old_wording_stays_readable_to_the_byte_and_no_search_engine_keeps_it(
    client: Client, department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    first = Revision.objects.filter(post=out).values().get()
    variants = list(Variant.objects.filter(revision__post=out).order_by("pk").values())
    corrected(department, out)
    assert Revision.objects.filter(pk=first["id"]).values().get() == first
    assert list(Variant.objects.filter(revision=first["id"]).order_by("pk").values()) == variants
    old = client.get(out.get_absolute_url(), {"version": "1"})
    assert first["html"] in old.content.decode()
    assert old["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in old.content.decode()
    assert "These are not our words any more" in old.content.decode()
    compared = client.get(out.get_absolute_url(), {"compare": "2"}).content.decode()
    assert "old wording: </span>Friday, November 27, 6</span></del>" in compared
    for query in ({"version": "3"}, {"version": "0"}, {"version": "x"}, {"compare": "1"}, {"version": "٣"}):
        assert client.get(out.get_absolute_url(), query).status_code == 404


def test_lists_feed_and_the_question_whether_it_is_us_have_the_newest_words(
    client: Client, department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    before = feedparser.parse(client.get("/northeast/feed.atom").content).entries[0]
    corrected(d, out, title="Toy drive: bring a toy")
    for path in ("/", "/news/", "/northeast/"):
        body = client.get(path).content.decode()
        assert "Toy drive: bring a toy" in body
        assert "Friday" not in body
        assert "Corrected " in body
    entry = feedparser.parse(client.get("/northeast/feed.atom").content).entries[0]
    assert (entry.id, entry.published) == (before.id, before.published)
    assert entry.updated > before.updated
    assert entry.title == "Toy drive: bring a toy"
    assert "Corrected on " in entry.content[0].value
    assert "Friday" not in entry.content[0].value
    first, edit = _row(out, d.x_department, Act.PUBLISH), _row(out, d.x_department, Act.EDIT)
    for address in (first.remote_url, edit.remote_url, f"http://testserver{out.get_absolute_url()}"):
        answer = client.get("/official/", {"q": address}).content.decode()
        assert "Ours, and since corrected" in answer
        assert "Toy drive: bring a toy" in answer


def test_a_correction_costs_the_lists_no_query_more(
    client: Client, department: SimpleNamespace, network: SandboxNetwork, django_assert_num_queries: Any
) -> None:
    out = published(department)
    paths = ["/", "/news/", "/northeast/", "/northeast/feed.atom", out.get_absolute_url()]
    counts = {}
    for path in paths:
        with CaptureQueriesContext(connection) as before:
            client.get(path)
        counts[path] = len(before)
    corrected(department, out)
    for path in paths:
        with django_assert_num_queries(counts[path]):
            client.get(path)


def test_markup_in_either_wording_stays_words(
    client: Client, department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    bad = 'Now <script>alert(1)</script> & <img src=x onerror="alert(2)"> </del><h1>x</h1> https://a.example/?a=1&b=2'
    corrected(department, out, text=bad, was_wrong="We <b>wrote</b> it wrong.", apology="<i>Sorry.</i>")
    body = client.get(out.get_absolute_url()).content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert "<h1>x" not in body
    assert "We &lt;b&gt;wrote&lt;/b&gt;" in body
    assert 'href="https://a.example/?a=1&amp;b=2"' in body


def test_the_staff_feed_shows_what_was_wrong_too(
    as_: Any, department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, now = department, timezone.now()
    post = approved(
        d.northeast, d.officer, d.supervisor, kind="internal_notice", audience="internal", text=OLD, now=now
    )
    tick(now + timedelta(minutes=1))
    row = correct.ask(post=post, typed=said(title="Toy drive, for staff"), by=d.supervisor, now=now)
    correct.confirm(correction=row, by=d.smo, now=now + timedelta(minutes=2))
    tick(now + timedelta(minutes=3))
    client = as_(d.officer)
    assert "Toy drive, for staff" in client.get("/desk/staff/").content.decode()
    body = client.get(f"/desk/staff/{post.pk}/").content.decode()
    assert WRONG in body
    assert "old wording: " in body


# ---- two people, and what the database refuses


def test_nobody_confirms_what_they_asked_for_or_wrote(department: SimpleNamespace, out: Post) -> None:
    d = department
    with pytest.raises(NotAllowed):
        correct.ask(post=out, typed=said(), by=d.officer)
    with pytest.raises((NotVisible, NotAllowed)):
        correct.ask(post=out, typed=said(), by=d.stranger)
    row = correct.ask(post=out, typed=said(words={d.x_department.pk: "Until Saturday."}), by=d.supervisor)
    with pytest.raises(OwnWork):
        correct.confirm(correction=row, by=d.supervisor)
    with pytest.raises(NotAllowed):
        correct.confirm(correction=row, by=d.colleague)
    with pytest.raises((NotVisible, NotAllowed)):
        correct.confirm(correction=row, by=d.stranger)
    tick(timezone.now() + timedelta(minutes=2))
    assert not out.deliveries.filter(act=Act.EDIT).exists(), "nothing moves before a second person"
    with pytest.raises(WrongMoment, match="waits"):
        correct.ask(post=out, typed=said(), by=d.supervisor)
    for by in (d.supervisor, d.officer):
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.create(
                revision=row.revision,
                content_hash=row.revision.content_hash,
                basis="review",
                approved_by=by,
                approved_at=timezone.now(),
            )
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=row.pk).update(
            verdict="confirmed", decided_by=row.asked_by, decided_at=timezone.now()
        )


def test_a_refused_correction_changes_nothing_and_another_may_be_asked_for(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    words = {d.x_department.pk: "Until Saturday."}
    row = correct.ask(post=out, typed=said(words=words), by=d.supervisor)
    with pytest.raises(BadInput) as refused:
        correct.refuse(correction=row, by=d.smo, note=" ")
    assert refused.value.field == "note"
    correct.refuse(correction=row, by=d.smo, note="The door was right.")
    with pytest.raises(WrongMoment, match="faster"):
        correct.confirm(correction=row, by=d.smo)
    again = correct.ask(post=out, typed=said(words=words), by=d.supervisor)
    correct.refuse(correction=again, by=d.supervisor, note="")
    again.refresh_from_db()
    assert again.verdict == "taken_back"
    corrected(d, out)
    assert set(_shown(out).values()) == {Shows.RIGHT}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"was_wrong": "bad"}, "was_wrong"),
        ({"was_wrong": "x" * 501}, "was_wrong"),
        ({"reason": ""}, "reason"),
        ({"apology": "x" * 301}, "apology"),
        ({"title": "x" * 151}, "title"),
        ({"text": "a\x00b"}, "text"),
        ({"text": OLD}, "text"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(
    department: SimpleNamespace, out: Post, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        correct.ask(post=out, typed=said(**more), by=department.supervisor)
    assert refused.value.field == field


def test_words_that_do_not_fit_a_copy_stop_it(department: SimpleNamespace, out: Post) -> None:
    d = department
    with pytest.raises(StopsOpen) as refused:
        correct.ask(post=out, typed=said(text="Long words. " * 40), by=d.supervisor)
    assert {f.field for f in refused.value.findings} == {"text-x-department"}  # type: ignore[attr-defined]
    with pytest.raises(StopsOpen):
        correct.ask(post=out, typed=said(text=" "), by=d.supervisor)


def test_what_is_not_out_is_changed_and_what_is_taken_down_is_left(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d, now = department, timezone.now()
    waiting = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website], now=now)
    with pytest.raises(WrongMoment, match="Nothing of it is out"):
        correct.ask(post=waiting, typed=said(), by=d.supervisor)
    asked = withdraw.ask(post=out, ground="illegal", reason="It names a child after all.", by=d.supervisor)
    with pytest.raises(WrongMoment, match="take it down"):
        correct.ask(post=out, typed=said(), by=d.supervisor)
    withdraw.confirm(withdrawal=asked, by=d.smo)
    with pytest.raises(WrongMoment, match="taken down"):
        correct.ask(post=out, typed=said(), by=d.supervisor)


def test_a_withdrawal_takes_an_open_correction_back(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    row = correct.ask(post=out, typed=said(words={d.x_department.pk: "Until Saturday."}), by=d.supervisor)
    asked = withdraw.ask(post=out, ground="illegal", reason="It names a child after all.", by=d.supervisor)
    withdraw.confirm(withdrawal=asked, by=d.smo)
    with pytest.raises(WrongMoment, match="faster: it is taken back"):
        correct.confirm(correction=row, by=d.smo)


# ---- only what was approved goes (P1), and never into a hold (P4)


@pytest.mark.parametrize(
    "tamper",
    [
        ("posts_revision", "facts = '{}' WHERE id = %s"),
        ("posts_variant", "text = 'Pay here' WHERE revision_id = %s"),
        ("posts_approval", "content_hash = repeat('0', 64) WHERE revision_id = %s"),
        ("posts_approval", "voided_at = now(), void_reason = 'Over' WHERE revision_id = %s"),
        ("posts_delivery", "payload = jsonb_set(payload, '{text}', '\"Pay here\"') WHERE revision_id = %s"),
    ],
)
def test_a_tampered_correction_sends_nothing(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, tamper: tuple[str, str]
) -> None:
    d, now = department, timezone.now() + timedelta(minutes=2)
    row = correct.ask(post=out, typed=said(words={d.x_department.pk: "Until Saturday."}), by=d.supervisor, now=now)
    correct.confirm(correction=row, by=d.smo, now=now)
    table, change = tamper
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET {change}", [row.revision_id])
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    tick(now + timedelta(seconds=1))
    assert network.texts(d.facebook_northeast)[0].startswith(OLD)
    assert set(out.deliveries.filter(act=Act.EDIT).values_list("state", flat=True)) <= {"failed", "queued"}


def test_a_held_correction_waits_for_a_person(department: SimpleNamespace, network: SandboxNetwork, out: Post) -> None:
    d = department
    placed = hold.place(scope="all", reason="Major incident", by=d.smo)
    corrected(d, out)
    assert set(out.deliveries.filter(act=Act.EDIT).values_list("state", flat=True)) == {DeliveryState.HELD}
    assert network.texts(d.facebook_northeast)[0].startswith(OLD)
    now = timezone.now() + timedelta(minutes=3)
    hold.release(hold=placed, by=d.smo, now=now)
    tick(now + timedelta(minutes=1))
    assert network.texts(d.facebook_northeast)[0].startswith(OLD), "release sends nothing"
    hold.keep(deliveries=list(out.deliveries.filter(act=Act.EDIT)), by=d.smo, now=now)
    tick(now + timedelta(minutes=2))
    assert network.texts(d.facebook_northeast)[0].startswith(NEW)


# ---- copies that cannot be put right at once


def test_exactly_the_copies_that_are_not_proven_are_listed(
    client: Client, department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    network.misbehave(d.facebook_northeast, "expired")
    network.misbehave(d.x_department, "500", count=None)
    corrected(d, out)
    stands = _shown(out)
    assert stands[d.facebook_northeast.pk] == Shows.STUCK
    assert stands[d.x_department.pk] == Shows.GOING
    assert stands[d.northeast_website.pk] == stands[d.northeast_feed.pk] == Shows.RIGHT
    out.refresh_from_db()
    body = client.get(out.get_absolute_url()).content.decode()
    assert body.count("Not yet corrected: it still shows the old words") == 2
    assert "Corrected in place" not in body


def test_a_platform_that_says_yes_and_shows_the_old_words_is_never_called_corrected(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    d, store = department, network.server.network.store
    put = store.put_post
    monkeypatch.setattr(store, "put_post", lambda post: None if NEW in post.text else put(post))
    corrected(d, out)
    now = timezone.now() + timedelta(minutes=2)
    for minutes in (1, 2, 4, 10, 26, 43):
        tick(now + timedelta(minutes=minutes))
    assert _row(out, d.facebook_northeast, Act.EDIT).state == DeliveryState.FAILED
    assert _row(out, d.facebook_northeast, Act.PUBLISH).amended_by is None
    monkeypatch.undo()
    put_right.catch_up(
        delivery=_row(out, d.facebook_northeast, Act.PUBLISH), by=d.supervisor, now=now + timedelta(minutes=44)
    )
    tick(now + timedelta(minutes=45))
    assert _shown(out)[d.facebook_northeast.pk] == Shows.RIGHT


def test_what_was_in_doubt_is_caught_up_by_one_press(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d, now = department, timezone.now()
    post = approved(
        d.headquarters, d.smo, d.boss, channels=[d.headquarters_website, d.x_department], text="Closed.", now=now
    )
    network.misbehave(d.x_department, "drop_after_accept")
    due = now + timedelta(minutes=1)
    tick(due)
    copy = _row(post, d.x_department, Act.PUBLISH)
    assert copy.state == DeliveryState.UNCERTAIN
    row = correct.ask(post=post, typed=said(text="Open again.", title="Oak Street"), by=d.smo, now=due)
    with pytest.raises(OwnWork):
        correct.confirm(correction=row, by=d.smo, now=due)
    correct.confirm(correction=row, by=d.boss, now=due)
    tick(due + timedelta(seconds=31))  # found, with the old words
    assert _shown(post)[d.x_department.pk] == Shows.OLD
    put_right.catch_up(delivery=copy, by=d.boss, now=due + timedelta(minutes=2))
    with pytest.raises(WrongMoment, match="on its way"):
        put_right.catch_up(delivery=copy, by=d.boss, now=due + timedelta(minutes=2))
    tick(due + timedelta(minutes=3))
    assert network.texts(d.x_department)[0].startswith("Open again.")
    assert _shown(post)[d.x_department.pk] == Shows.RIGHT


def _headline(d: SimpleNamespace, where: list[Channel], now: datetime, **more: Any) -> Post:
    return approved(d.northeast, d.officer, d.supervisor, channels=where, text=OLD, now=now, **more)


def test_what_is_not_out_yet_goes_out_with_the_new_words_only(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, now = department, timezone.now()
    network.misbehave(d.facebook_northeast, "500", count=None)
    post = _headline(d, [d.northeast_website, d.facebook_northeast], now)
    tick(now + timedelta(minutes=1))
    old = _row(post, d.facebook_northeast, Act.PUBLISH)
    assert old.state == DeliveryState.AWAITING_RETRY
    row = correct.ask(post=post, typed=said(), by=d.supervisor, now=now + timedelta(minutes=2))
    correct.confirm(correction=row, by=d.smo, now=now + timedelta(minutes=2))
    old.refresh_from_db()
    assert old.state == DeliveryState.CANCELLED
    network.server.network.faults.clear()
    tick(now + timedelta(minutes=3))
    assert [text.split("\n")[0] for text in network.texts(d.facebook_northeast)] == [NEW]
    assert "Corrected" not in network.texts(d.facebook_northeast)[0]


def test_what_a_person_has_to_let_go_still_waits_for_one_with_the_new_words(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, now = department, timezone.now()
    placed = hold.place(scope="channel", channel=d.facebook_northeast, reason="A fire", by=d.smo, now=now)
    post = _headline(d, [d.northeast_website, d.facebook_northeast], now)
    tick(now + timedelta(minutes=1))
    hold.release(hold=placed, by=d.smo, now=now + timedelta(minutes=1))
    row = correct.ask(post=post, typed=said(), by=d.supervisor, now=now + timedelta(minutes=2))
    correct.confirm(correction=row, by=d.smo, now=now + timedelta(minutes=2))
    tick(now + timedelta(minutes=3))
    assert network.shown(d.facebook_northeast) == []
    waiting = post.deliveries.get(channel=d.facebook_northeast, state=DeliveryState.HELD)
    assert waiting.payload["text"] == NEW
    hold.keep(deliveries=[waiting], by=d.smo, now=now + timedelta(minutes=3))
    tick(now + timedelta(minutes=4))
    assert network.texts(d.facebook_northeast)[0].startswith(NEW)


def test_while_a_copy_is_being_sent_nobody_confirms(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d, now = department, timezone.now()
    post = _headline(d, [d.northeast_website, d.facebook_northeast], now)
    due = now + timedelta(minutes=1)
    deliver.run_due(clock=lambda: due, worker="one", rounds=1)  # the page alone: the others follow it
    row = correct.ask(post=post, typed=said(), by=d.supervisor, now=due)
    ((lane, (pk,)),) = deliver.claim(now=due + timedelta(seconds=1), worker="two").items()
    call = deliver.begin(pk=pk, lane=lane, worker="two", now=due + timedelta(seconds=1))
    assert call is not None
    with pytest.raises(WrongMoment, match="going out this moment"):
        correct.confirm(correction=row, by=d.smo, now=due + timedelta(seconds=1))
    row.refresh_from_db()
    assert row.verdict == ""


def test_what_is_posted_by_hand_is_corrected_by_hand_and_a_person_says_so(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, now = department, timezone.now()
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.nixle], text="Oak Street is closed.", now=now)
    tick(now + timedelta(minutes=1))
    decide.prove(delivery=post.deliveries.get(), link="https://nixle.example/a/7", by=d.smo)
    new = {"text": "Oak Street is open.", "title": "Oak Street"}
    row = correct.ask(post=post, typed=said(**new), by=d.smo, now=now + timedelta(minutes=2))
    correct.confirm(correction=row, by=d.boss, now=now + timedelta(minutes=2))
    tick(now + timedelta(minutes=3))
    edit = _row(post, d.nixle, Act.EDIT)
    assert edit.state == DeliveryState.AWAITING_PROOF
    assert edit.payload["text"].startswith("Oak Street is open.")
    assert _shown(post)[d.nixle.pk] == Shows.GOING
    decide.seen(delivery=edit, by=d.boss)
    assert _shown(post)[d.nixle.pk] == Shows.RIGHT


def test_a_post_is_corrected_again_and_every_version_is_kept(
    client: Client, department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d, now = department, timezone.now() + timedelta(minutes=2)
    corrected(d, out, now=now)
    out.refresh_from_db()
    x = next(copy for copy in copies.of_post(out) if copy.channel.pk == d.x_department.pk)
    assert corrections.own_words(x) == "Toys are taken until Saturday, 4 p.m.", "without the note of the first"
    third = NEW.replace("4 p.m.", "5 p.m.")
    words = {d.x_department.pk: "Toys are taken until Saturday, 5 p.m."}
    corrected(d, out, now=now + timedelta(minutes=3), text=third, was_wrong="The hour was wrong too.", words=words)
    assert set(_shown(out).values()) == {Shows.RIGHT}
    assert network.texts(d.x_department)[0].startswith("Toys are taken until Saturday, 5 p.m.")
    assert network.texts(d.facebook_northeast)[0].count("Corrected ") == 1
    out.refresh_from_db()
    body = client.get(out.get_absolute_url()).content.decode()
    assert "old wording: </span>4</span></del>" in body
    assert "Friday" not in body
    assert "Friday" in client.get(out.get_absolute_url(), {"version": "1"}).content.decode()
    assert "Saturday, November 28, 4" in client.get(out.get_absolute_url(), {"version": "2"}).content.decode()
    assert "old wording: </span>Friday" in client.get(out.get_absolute_url(), {"compare": "2"}).content.decode()


def test_a_corrected_date_moves_the_event_in_every_list(
    client: Client, department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, now = department, timezone.now()
    facts = {"starts_at": "2026-11-20T10:00", "ends_at": "2026-11-20T12:00", "place": "Front desk"}
    own = [d.northeast_website, d.northeast_feed]
    post = _headline(d, own, now, kind="event", title="Toy drive", facts=facts)
    tick(now + timedelta(minutes=1))
    assert "Saturday, November 28, 10 a.m." not in client.get("/").content.decode()
    moved = {**facts, "starts_at": "2026-11-28T10:00", "ends_at": "2026-11-28T12:00"}
    row = correct.ask(post=post, typed=said(title="Toy drive", facts=moved), by=d.supervisor, now=now)
    correct.confirm(correction=row, by=d.smo, now=now + timedelta(minutes=2))
    tick(now + timedelta(minutes=3))
    assert [event.pk for event in public.upcoming(now=now)] == [post.pk]
    body = client.get(post.get_absolute_url()).content.decode()
    assert "Starts: <del>" in body
    assert "Saturday, November 28, 10 a.m. to noon" in body


def test_what_has_ended_can_still_be_put_right(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d, now = department, timezone.now()
    post = _headline(d, [d.northeast_website], now, **appeal_facts(title="A green van?"))
    tick(now + timedelta(minutes=1))
    later = now + timedelta(days=60)
    row = correct.ask(post=post, typed=said(title="A blue van?"), by=d.supervisor, now=later)
    assert row.revision.expires_at == post.revision.expires_at  # type: ignore[union-attr]
    correct.confirm(correction=row, by=d.smo, now=later)
    tick(later + timedelta(minutes=1))
    assert _row(post, d.northeast_website, Act.EDIT).state == DeliveryState.DELIVERED


def test_a_retired_account_keeps_its_words_and_is_said_to(department: SimpleNamespace, out: Post) -> None:
    d = department
    channels.move_channel(channel=d.facebook_northeast, to="retired", by=None)
    row = correct.ask(post=out, typed=said(words={d.x_department.pk: "Until Saturday."}), by=d.supervisor)
    assert not row.revision.variants.filter(channel=d.facebook_northeast).exists()
    correct.confirm(correction=row, by=d.smo)
    assert _shown(out)[d.facebook_northeast.pk] == Shows.OLD


def test_a_second_reply_below_a_copy_that_was_corrected_by_a_reply_is_warned_of_and_not_stopped(
    department: SimpleNamespace, network: SandboxNetwork, as_: Any
) -> None:
    d = department
    out = published(d)
    later = timezone.now() + timedelta(minutes=31)
    seen = corrections.look(out, copies.of_post(out), said(), now=later)
    assert seen.said_before == [], "the first correction draws no warning"
    corrected(d, out, now=later)
    out.refresh_from_db()
    with time_machine.travel(later + timedelta(minutes=5), tick=False):
        body = as_(d.supervisor).get(f"/desk/posts/{out.pk}/correct/").content.decode()
        assert body.count("A second reply draws attention to it once more.") == 1, "Facebook is edited, X is not"
        assert "with a reply on X, Test Police Department." in body
        again = said(was_wrong="The hour was wrong too.", text=NEW.replace("4 p.m.", "5 p.m."))
        asked = correct.ask(post=out, typed=again, by=d.supervisor)
        assert [f["severity"] for f in asked.revision.findings if f["code"] == "CORRECTED_ALREADY"] == ["warning"]
        assert "A second reply" in as_(d.smo).get(f"/desk/corrections/{asked.pk}/").content.decode()


# ---- words that touch what the old ones did not


def test_new_words_that_touch_a_death_ask_for_two_without_anybody_ticking_it(
    department: SimpleNamespace, out: Post
) -> None:
    d = department
    row = correct.ask(post=out, typed=said(text=f"{NEW} The driver died."), by=d.supervisor)
    assert (row.revision.flags, row.revision.approvals_needed) == (["death"], 2)
    (told,) = [f for f in row.revision.findings if f["code"] == "TOUCHES"]
    assert told["severity"] == "warning"
    assert "“died” is new: it touches a death." in told["message"]


def test_a_reason_keeps_it_at_one_and_the_second_person_reads_it(
    department: SimpleNamespace, out: Post, as_: Any
) -> None:
    d, why = department, "Only the battery of the truck."
    row = correct.ask(post=out, typed=said(text=f"{NEW} It died.", not_touched=why), by=d.supervisor)
    assert (row.revision.flags, row.revision.approvals_needed) == ([], 1)
    assert why in as_(d.smo).get(f"/desk/corrections/{row.pk}/").content.decode()


def test_words_that_stood_already_ask_nothing_again(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    answered = {"death": {"why": "The battery of a truck.", "words": ["died"]}}
    post = approved(
        d.northeast,
        d.officer,
        d.supervisor,
        text="It died. Use Elm Street.",
        channels=[d.northeast_website],
        not_touched=answered,
        now=timezone.now(),
    )
    tick(timezone.now() + timedelta(minutes=1))
    row = correct.ask(post=post, typed=said(text="It died. Use Oak Street."), by=d.supervisor)
    assert (row.revision.flags, row.revision.findings) == ([], [])
