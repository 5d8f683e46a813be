"""Comments: read where a platform tells them, gone ones, our own answers; what a person says of one; who may."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from connectors.contract import Comment
from connectors.mastodon_api import forget_limits
from connectors.sandbox import seeding
from connectors.sandbox.control import put_account
from connectors.sandbox.store import Post as Shown
from connectors.sandbox.store import stamp
from divisions.access import rights
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Channel
from divisions.services import channels
from divisions.states import Mode
from moderation.models import ChannelWatch, CommentWatch, Contribution, DriftCase
from moderation.selectors import answers, wall
from moderation.selectors import contributions as selectors
from moderation.services import contributions, reading, turns, watching
from moderation.states import Answer, Answered, Level
from posts.models import ChannelLane, Delivery, Post
from posts.states import DeliveryState
from records.models import LedgerEntry
from records.services import ledger
from tests import stories
from tests.counting import queries_of
from tests.network import SandboxNetwork

PLATFORMS = ("facebook", "x", "youtube", "mastodon", "bluesky")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_limits()


@pytest.fixture
def now() -> datetime:
    """This moment: the network has no other."""
    return timezone.now()


@pytest.fixture
def post(department: SimpleNamespace, now: datetime) -> Post:
    """What the copies belong to; it stands on our own page alone."""
    d = department
    return stories.live(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website], now=now - 3 * HOUR)


def account_on(platform: str, d: SimpleNamespace, network: SandboxNetwork) -> Channel:
    """The stock account of a platform, or a new one of Northeast's with an account on the network."""
    if platform in ("facebook", "x"):
        return {"facebook": d.facebook_northeast, "x": d.x_department}[platform]
    handle = "testpd.example" if platform == "bluesky" else "TestPD"
    channel = channels.create_channel(
        division=d.northeast, platform=platform, by=None, slug=f"{platform}-sandbox", handle=handle, name="Test PD",
        mode=Mode.SANDBOX, audience="public",
    )  # fmt: skip
    made = put_account(network.server.network, {"platform": platform, "handle": handle, "name": "Test PD"})
    channels.change_channel(channel=channel, remote_id=made.remote_id, by=None)
    channels.set_credentials(channel=channel, secrets={"access_token": made.token}, by=None)
    return Channel.objects.get(pk=channel.pk)


def copy_of(post: Post, channel: Channel, remote_id: str, at: datetime) -> Delivery:
    """A copy that went out at a time."""
    words = {"title": post.title, "text": "Words", "link": None, "url": None, "language": "en", "media": []}
    return Delivery.objects.create(
        post=post, channel=channel, payload=words, payload_hash="0" * 64, key=uuid.uuid4().hex, due_at=at, ready_at=at,
        grace_until=at, state="delivered", state_at=at, settled_at=at, remote_id=remote_id,
        remote_url=f"https://account.example/{remote_id}",
    )  # fmt: skip


def shown(
    network: SandboxNetwork, channel: Channel, post: Post, at: datetime, comments: list[dict[str, Any]] | None = None
) -> Delivery:
    """A copy that stands on the network with comments below it."""
    home = network.server.network
    account = home.store.account(f"{channel.platform}/{channel.handle}")
    assert account is not None
    given = {"text": "Words", "created_at": at.isoformat(), "comments": comments or [], "key": uuid.uuid4().hex}
    return copy_of(post, channel, seeding.seed(home, account, given).id, at)


def says(network: SandboxNetwork, row: Delivery, text: str = "When does it open?", **more: Any) -> str:
    """Somebody of the public writes below a copy; returns the id."""
    home = network.server.network
    account, below = home.store.account(f"{row.channel.platform}/{row.channel.handle}"), home.store.post(row.remote_id)
    assert account is not None
    assert below is not None
    return seeding.comment(home, account, below, {"text": text, "author": "Neighbor", **more})


def we_answer(network: SandboxNetwork, row: Delivery, comment_id: str, at: datetime) -> None:
    """Our own answer stands below a comment, written there and not from here."""
    home = network.server.network
    account = home.store.account(f"{row.channel.platform}/{row.channel.handle}")
    assert account is not None
    own = comment_id.startswith("at:") or row.channel.platform in ("x", "mastodon")
    new_id = home.new_post_id(account, at) if own else f"{comment_id}.{uuid.uuid4().hex[:8]}"
    answer = Shown(
        id=new_id, account=account.id, kind="post" if own else "comment", text="At six.", root=row.remote_id,
        reply_to=comment_id, history=[new_id], created_at=stamp(at), updated_at=stamp(at), arrived_at=stamp(at),
    )  # fmt: skip
    home.store.put_post(answer)


def read(at: datetime) -> None:
    """Read every account's comments at one moment."""
    reading.enrol(now=at)
    CommentWatch.objects.update(next_at=at)
    reading.read_due(now=at)


def written(channel: Channel, at: datetime, n: int = 1, **more: Any) -> list[Contribution]:
    """Comments as they were read some time ago."""
    return [
        Contribution.objects.create(
            channel=channel, author=f"Neighbor {number}", text="When does it open?", said_at=at, fetched_at=at,
            **{"remote_id": uuid.uuid4().hex, **more},
        )
        for number in range(n)
    ]  # fmt: skip


def row_of(d: SimpleNamespace, slug: str, now: datetime) -> wall.Row:
    """One account on the central officer's wall."""
    return next(row for row in wall.rows(rights(d.smo), now=now) if row.channel.slug == slug)


# ---- reading


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_the_public_wrote_is_kept_once_answered_by_our_own_answer_and_gone_when_it_is_gone(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime, platform: str
) -> None:
    channel = account_on(platform, department, network)
    copy = shown(network, channel, post, now - 2 * HOUR)
    first, second = says(network, copy), says(network, copy, "Thank you")
    for _ in range(2):
        read(now + HOUR)
    rows = {row.remote_id: row for row in Contribution.objects.all()}
    assert set(rows) == {first, second}
    found = rows[first]
    assert (found.author, found.text, found.channel, found.delivery) == (
        "Neighbor",
        "When does it open?",
        channel,
        copy,
    )
    assert found.url.startswith(("http://", "https://"))
    assert found.waits
    we_answer(network, copy, first, now)
    store = network.server.network.store
    taken = store.post(second)
    assert taken is not None
    taken.deleted_at = stamp(now)
    store.put_post(taken)
    read(now + 2 * HOUR)
    rows = {row.remote_id: row for row in Contribution.objects.all()}
    assert set(rows) == {first, second}, "our own answer is no comment of the public's"
    assert (rows[first].answered_how, rows[first].answered_by) == (Answered.SEEN, None)
    assert rows[second].gone_at == now + 2 * HOUR
    assert not selectors.waiting().exists()


def test_a_comment_that_comes_back_waits_again_and_new_words_are_taken_over(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    copy, store = shown(network, department.facebook_northeast, post, now - HOUR), network.server.network.store
    comment = store.post(says(network, copy, hidden=True))
    assert comment is not None
    read(now)
    assert Contribution.objects.get().gone_at == now, "hidden: the public does not see it"
    comment.hidden, comment.text = False, "When does it close?"
    store.put_post(comment)
    read(now + HOUR)
    assert (Contribution.objects.get().gone_at, Contribution.objects.get().text) == (None, "When does it close?")


def test_comments_of_a_post_that_was_taken_down_wait_no_more(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    copy = shown(network, department.facebook_northeast, post, now - HOUR)
    says(network, copy)
    read(now)
    Delivery.objects.filter(pk=copy.pk).update(state=DeliveryState.WITHDRAWN)
    read(now + HOUR)
    assert not selectors.waiting().exists()


def test_a_comment_of_another_account_of_ours_is_no_question_and_answers(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    """Facebook names strangers by their name here, so the other page's id is written as one."""
    copy = shown(network, department.facebook_northeast, post, now - HOUR)
    Channel.objects.filter(slug="facebook-central").update(remote_id="uCentral")
    says(network, copy, "We come, too.", author="Central")
    read(now)
    assert not Contribution.objects.exists()


def test_x_tells_of_seven_days_so_what_is_older_is_not_called_gone(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    copy = shown(network, department.x_department, post, now - timedelta(days=10))
    old, young = (written(department.x_department, now - timedelta(days=days), delivery=copy)[0] for days in (8, 2))
    read(now)
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.gone_at, young.gone_at) == (None, now)


@pytest.mark.parametrize("fault", ["500", "429", "expired"])
def test_a_platform_that_does_not_answer_makes_not_read_and_never_a_nought(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime, fault: str
) -> None:
    channel = department.facebook_northeast
    says(network, shown(network, channel, post, now - HOUR))
    network.misbehave(channel, fault, count=None)
    read(now)
    watch = CommentWatch.objects.get(channel=channel)
    assert watch.problem.startswith("Facebook could not be read")
    assert (watch.looked_at, watch.problem_since) == (None, now)
    assert watch.next_at > now
    cell = wall.unanswered(row_of(department, channel.slug, now).channel, now)
    assert (cell.count, cell.why) == (None, watch.problem)


def test_what_breaks_midway_keeps_what_was_read_and_says_so(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = department.facebook_northeast
    says(network, shown(network, channel, post, now - 2 * HOUR))
    says(network, shown(network, channel, post, now - HOUR), "Is the bridge open?")
    plain, calls = reading._below, []

    def breaks(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            network.misbehave(channel, "500", count=None)
        return plain(*given)

    monkeypatch.setattr(reading, "_below", breaks)
    read(now)
    assert Contribution.objects.get().text == "Is the bridge open?"
    assert CommentWatch.objects.get(channel=channel).problem


def test_a_post_that_is_gone_there_does_not_keep_the_others_from_being_read(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    channel, store = department.facebook_northeast, network.server.network.store
    says(network, shown(network, channel, post, now - 2 * HOUR))
    gone = store.post(shown(network, channel, post, now - HOUR).remote_id)
    assert gone is not None
    gone.deleted_at = stamp(now)
    store.put_post(gone)
    read(now)
    assert Contribution.objects.count() == 1
    assert CommentWatch.objects.get(channel=channel).looked_at == now


def test_older_posts_are_read_less_often_and_a_long_list_goes_on_where_it_stopped(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "POSTS", 2)
    asked: list[Delivery] = []
    plain = reading._below
    monkeypatch.setattr(reading, "_below", lambda c, a, row: asked.append(row) or plain(c, a, row))
    channel = department.facebook_northeast
    copies = [shown(network, channel, post, now - timedelta(hours=hours)) for hours in (1, 100, 110, 120, 130, 400)]
    reads = []
    for hour in range(3):
        asked.clear()
        read(now + hour * HOUR)
        reads.append([copies.index(row) for row in asked if row.channel == channel])
    assert reads == [[0, 1, 2], [0, 2, 3], [0, 3, 4]], "and the one of sixteen days ago never"
    asked.clear()
    read(now + 3 * HOUR)
    assert [copies.index(row) for row in asked] == [0]


def test_two_workers_never_read_one_account_at_once(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    reading.enrol(now=now)
    rows = CommentWatch.objects.filter(channel=department.facebook_northeast)
    assert turns.claim(rows, now) is not None
    assert turns.claim(rows, now) is None
    assert turns.claim(rows, now + turns.LEASE + timedelta(seconds=1)) is not None


def test_what_is_sent_goes_first(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    channel = department.facebook_northeast
    says(network, shown(network, channel, post, now - HOUR))
    ChannelLane.objects.create(channel=channel, urgent=False, next_call_at=now + timedelta(minutes=20))
    read(now)
    watch = CommentWatch.objects.get(channel=channel)
    assert (Contribution.objects.count(), watch.next_at) == (0, now + timedelta(minutes=20))


def test_strangers_words_are_cut_and_cleaned_before_they_are_kept(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shown(network, department.facebook_northeast, post, now - HOUR)
    wild = [
        Comment(remote_id="1", post_id=copy.remote_id, parent_id=None, author="A\x00\n B" * 99, author_id="9",
                text="\ud800\x00" + "x" * 9_000, created_at=now + timedelta(days=9), url="javascript:alert(1)"),
        Comment(remote_id="2" * 201, post_id=copy.remote_id, parent_id=None, author="", author_id="9", text="",
                created_at=now),
        Comment(remote_id="3\x00", post_id=copy.remote_id, parent_id=None, author="", author_id="9", text="",
                created_at=now),
    ]  # fmt: skip
    below = reading.Below(post=copy, said=tuple(wild), whole=True)
    monkeypatch.setattr(reading, "_below", lambda *_: below)
    read(now)
    row = Contribution.objects.get()
    assert (row.url, row.said_at, len(row.author)) == ("", now, reading.MAX_AUTHOR)
    assert len(row.text) == reading.MAX_TEXT
    assert "\x00" not in row.text + row.author


def test_an_account_whose_answer_breaks_us_does_not_keep_the_others_from_being_read(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = reading._plan

    def broken(watch: CommentWatch, at: datetime) -> Any:
        if watch.channel == department.x_department:
            raise ValueError("a shape nobody thought of")
        return plain(watch, at)

    monkeypatch.setattr(reading, "_plan", broken)
    read(now)
    assert CommentWatch.objects.filter(looked_at=now).count() == 3
    assert CommentWatch.objects.get(channel=department.x_department).problem_since == now


def test_our_own_answer_makes_no_drift_once_somebody_said_that_it_is_answered_there(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    d = department
    Channel.objects.update(created_at=now - timedelta(days=1))
    copy = shown(network, d.x_department, post, now - HOUR)
    one, other, third = (says(network, copy, f"Question {n}") for n in range(3))
    read(now)
    for comment in (one, other):
        we_answer(network, copy, comment, now)
    said = Contribution.objects.get(remote_id=one)
    contributions.answer(contribution=said, how="there", by=d.smo, now=now + timedelta(minutes=1))
    said = Contribution.objects.get(remote_id=third)
    contributions.answer(contribution=said, how="there", by=d.smo, now=now - timedelta(minutes=9))
    we_answer(network, copy, third, now)  # after it was said: that may be anybody
    watching.enrol(now=now)
    ChannelWatch.objects.update(next_at=now)
    watching.look_at_due(now=now + HOUR)
    assert DriftCase.objects.filter(kind="posted").count() == 2


# ---- what a person says


def test_a_person_says_what_becomes_of_it_once_and_takes_it_back(department: SimpleNamespace, now: datetime) -> None:
    d = department
    [row] = written(d.facebook_northeast, now - HOUR)
    contributions.answer(contribution=row, how="not_needed", by=d.officer, now=now)
    row.refresh_from_db()
    assert (row.answered_how, row.answered_by, row.answered_at, row.waits) == ("not_needed", d.officer, now, False)
    with pytest.raises(WrongMoment, match="faster"):
        contributions.answer(contribution=row, how="there", by=d.colleague, now=now)
    contributions.reopen(contribution=row, by=d.supervisor, now=now)
    row.refresh_from_db()
    assert row.waits
    with pytest.raises(WrongMoment):
        contributions.reopen(contribution=row, by=d.supervisor, now=now)
    with pytest.raises(BadInput):
        contributions.answer(contribution=row, how="seen", by=d.officer, now=now)
    told = LedgerEntry.objects.filter(type__startswith="moderation.comment.").order_by("seq")
    assert [entry.type.rpartition(".")[2] for entry in told] == ["not_needed", "reopened"]


def test_what_was_seen_there_cannot_be_taken_back_and_what_a_person_said_stays(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    copy = shown(network, department.facebook_northeast, post, now - HOUR)
    first, second = says(network, copy), says(network, copy)
    read(now)
    row = Contribution.objects.get(remote_id=first)
    contributions.answer(contribution=row, how="not_needed", by=department.officer, now=now)
    for comment in (first, second):
        we_answer(network, copy, comment, now)
    read(now + HOUR)
    assert Contribution.objects.get(remote_id=first).answered_by == department.officer
    with pytest.raises(WrongMoment):
        contributions.reopen(contribution=Contribution.objects.get(remote_id=second), by=department.officer)


def test_only_who_answers_in_its_division_says_so(department: SimpleNamespace, now: datetime) -> None:
    d = department
    [row] = written(d.facebook_northeast, now - HOUR)
    for who, refusal in ((d.auditor, NotAllowed), (d.admin, NotAllowed), (d.stranger, NotVisible)):
        with pytest.raises(refusal):
            contributions.answer(contribution=row, how="there", by=who, now=now)
    contributions.answer(contribution=row, how="there", by=d.smo, now=now)


@pytest.mark.parametrize("act", ["answer", "reopen"])
def test_the_ledger_fails_nothing_is_saved(
    department: SimpleNamespace, now: datetime, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [row] = written(department.facebook_northeast, now - HOUR)
    if act == "reopen":
        contributions.answer(contribution=row, how="there", by=department.officer, now=now)
    before = Contribution.objects.values().get()

    def fails(*_: Any, **__: Any) -> None:
        raise DatabaseError("the ledger is full")

    monkeypatch.setattr(ledger, "remember", fails)
    acts = {"answer": partial(contributions.answer, how="there"), "reopen": contributions.reopen}
    with pytest.raises(DatabaseError):
        acts[act](contribution=row, by=department.officer, now=now)
    assert Contribution.objects.values().get() == before


def test_the_database_keeps_one_row_a_comment_and_whole_answers(department: SimpleNamespace, now: datetime) -> None:
    [row] = written(department.facebook_northeast, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        written(department.facebook_northeast, now, remote_id=row.remote_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        written(department.facebook_northeast, now, answered_how="there", answered_at=now)


# ---- the wall, check rounds, the page


def test_the_wall_turns_red_after_a_day_and_says_how_many_wait_and_for_how_long(
    department: SimpleNamespace, now: datetime
) -> None:
    d = department
    Channel.objects.update(duty_officer=d.officer, cadence_days=None)
    CommentWatch.objects.create(channel=d.facebook_northeast, next_at=now, looked_at=now)
    for hours, level, n in ((2, None, 1), (9, Level.SOON, 2), (25, Level.ACT, 3)):
        written(d.facebook_northeast, now - timedelta(hours=hours))
        row = row_of(d, "facebook-northeast", now)
        found = next((reason for reason in row.reasons if reason.code == "unanswered"), None)
        assert (found and found.level) == level
        assert wall.unanswered(row.channel, now).count == n
    assert found is not None
    assert found.words == "3 comments wait for an answer, the oldest for 25 h."


def test_an_account_without_comments_shows_a_dash_with_its_reason_and_an_unread_one_too(
    department: SimpleNamespace, now: datetime
) -> None:
    cells = {row.channel.slug: wall.unanswered(row.channel, now) for row in wall.rows(rights(department.smo), now=now)}
    assert all(cell.count is None and cell.why for cell in cells.values())
    assert cells["nixle"].why == "Nixle offers no comments to read."
    assert cells["x-department"].why == "The comments were not read yet."


def test_the_wall_asks_the_same_number_of_queries_with_any_number_of_comments(
    department: SimpleNamespace, as_: Any, now: datetime
) -> None:
    client = as_(department.smo)
    few = queries_of(client, "/desk/wall/")
    for channel in (department.facebook_northeast, department.x_department):
        CommentWatch.objects.create(channel=channel, next_at=now, looked_at=now)
        written(channel, now - 30 * HOUR, 20)
    assert queries_of(client, "/desk/wall/") == few
    body = client.get("/desk/wall/").content.decode()
    assert "20 comments wait for an answer, the oldest for 30 h." in body
    assert "/desk/comments/?channel=facebook-northeast" in body


def test_what_waits_is_found_by_its_partial_index(department: SimpleNamespace, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT channel_id, count(*), min(said_at) FROM moderation_contribution "
                       "WHERE answered_at IS NULL AND gone_at IS NULL GROUP BY channel_id")  # fmt: skip
        assert "contribution_waits" in "".join(line for (line,) in cursor.fetchall())


def test_a_check_round_answers_for_replies_from_what_was_read(department: SimpleNamespace, now: datetime) -> None:
    d = department
    channel = Channel.objects.select_related("division", "duty_officer").get(slug="facebook-northeast")

    def seen() -> tuple[str, str]:
        found = answers.of_channels([channel], now=now)[channel.pk]["answered"]
        return found.answer, found.detail

    assert seen() == (Answer.UNREAD, "The comments were not read yet.")
    CommentWatch.objects.create(channel=channel, next_at=now, looked_at=now)
    assert seen() == (Answer.YES, "None waits.")
    written(channel, now - 3 * HOUR)
    assert seen() == (Answer.YES, "1 waits, the oldest for 3 h.")
    written(channel, now - 50 * HOUR)
    assert seen() == (Answer.NO, "2 wait, the oldest for 2 days.")
    nixle = Channel.objects.select_related("division", "duty_officer").get(pk=d.nixle.pk)
    assert answers.of_channels([nixle], now=now)[nixle.pk]["answered"].answer == Answer.NA


def test_the_page_shows_own_divisions_comments_escaped_and_the_acts_to_who_may(
    department: SimpleNamespace, as_: Any, now: datetime
) -> None:
    d = department
    [row] = written(d.facebook_northeast, now - HOUR)
    Contribution.objects.filter(pk=row.pk).update(text="<b>When?</b>", author="<i>N</i>", url="https://x.example/1")
    body = as_(d.officer).get("/desk/comments/").content.decode()
    assert "&lt;b&gt;When?&lt;/b&gt;" in body
    assert "<i>N</i>" not in body
    assert "Needs no answer" in body
    assert 'href="https://x.example/1"' in body
    assert "Needs no answer" not in as_(d.auditor).get("/desk/comments/").content.decode()
    assert "When?" not in as_(d.stranger).get("/desk/comments/").content.decode()
    assert as_(d.stranger).post(f"/desk/comments/{row.pk}/answer/", {"how": "there"}).status_code == 404


def test_acting_comes_back_to_the_filtered_list_and_can_be_taken_back_there(
    department: SimpleNamespace, as_: Any, now: datetime
) -> None:
    [row] = written(department.facebook_northeast, now - HOUR)
    client, back = as_(department.officer), "/desk/comments/?channel=facebook-northeast"
    answer = client.post(f"/desk/comments/{row.pk}/answer/", {"how": "there", "next": back}, follow=True)
    assert answer.redirect_chain == [(back, 302)]
    assert "Noted: answered there." in answer.content.decode()
    assert "When does it open?" not in answer.content.decode()
    every = client.get("/desk/comments/?show=all").content.decode()
    assert "Answered there, said Officer, Northeast" in every
    assert "Take back" in every
    answer = client.post(f"/desk/comments/{row.pk}/reopen/", {"next": "https://else.example/"}, follow=True)
    assert answer.redirect_chain == [("/desk/comments/", 302)]
    assert "When does it open?" in answer.content.decode()
    answer = client.post(f"/desk/comments/{row.pk}/answer/", {"how": "what\x00"}, follow=True)
    assert "neither of the two" in answer.content.decode()


def test_the_list_asks_the_same_number_of_queries_for_one_and_for_a_full_page(
    department: SimpleNamespace, as_: Any, now: datetime
) -> None:
    client = as_(department.smo)
    written(department.facebook_northeast, now - HOUR)
    few = queries_of(client, "/desk/comments/?show=all")
    written(department.facebook_northeast, now - HOUR, 60, answered_how="there", answered_at=now,
            answered_by=department.officer)  # fmt: skip
    assert queries_of(client, "/desk/comments/?show=all") == few
    assert "page=2" in client.get("/desk/comments/?show=all").content.decode()


def test_filters_of_the_address_are_safe(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    for query in ("channel=%00", "channel=nowhere", "show=%00", "page=%00", "page=999"):
        assert client.get(f"/desk/comments/?{query}").status_code == 200


def test_a_bluesky_post_that_is_gone_is_missed_although_its_id_looks_like_an_address(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, now: datetime
) -> None:
    channel = account_on("bluesky", department, network)
    copy, store = shown(network, channel, post, now - HOUR), network.server.network.store
    gone = store.post(copy.remote_id)
    assert gone is not None
    gone.deleted_at = stamp(now)
    store.put_post(gone)
    ChannelWatch.objects.create(channel=channel, next_at=now)
    watching.look_at_due(now=now)
    assert DriftCase.objects.get(channel=channel).kind == "deleted"
