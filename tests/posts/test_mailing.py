"""A post to an e-mail list over real SMTP: who got it, what the server said to whom, and that nobody gets it twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import env
from connectors import mailing as connector
from connectors.mailing_port import Recipient
from divisions.access import rights
from divisions.models import Channel
from divisions.selectors.channels import offered_in_composer
from divisions.services import channels
from divisions.states import ChannelState
from posts.models import Delivery, MailCopy, Post, Subscriber, Subscription
from posts.services import correct, decide, hold, subscribing, withdraw
from posts.services.mailing import Mailing, Sending
from posts.states import DeliveryState
from posts.tasks import run_tick
from tests.posts.lists import ALERT, Server, a_list, address, sent_to, serving, serving_with_sign_in
from tests.smtp import free_port, parts
from tests.stories import NOW, asset, draft, tick

DUE = NOW + timedelta(minutes=2)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


@pytest.fixture
def mail(department: SimpleNamespace) -> Channel:
    return a_list(department)


def on(post: Post, channel: Channel) -> Delivery:
    return post.deliveries.get(channel=channel, act="publish")


def states(row: Delivery) -> dict[str, str]:
    return dict(MailCopy.objects.filter(delivery=row).values_list("subscriber__folded", "state"))


def until_done(row: Delivery, at: datetime, *, rounds: int = 10) -> Delivery:
    for _ in range(rounds):
        tick(at)
        row.refresh_from_db()
        if row.state != DeliveryState.AWAITING_RETRY:
            break
        at = max(at, row.ready_at) + timedelta(milliseconds=1)
    return row


def test_each_gets_a_mail_of_their_own_with_its_own_way_out(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    picture = asset(department.northeast, department.officer, alt='A map of "Oak" <Street>')
    post = sent_to(department, mail, pictures=[picture])
    row = until_done(on(post, mail), DUE)
    assert row.state == DeliveryState.DELIVERED
    assert server.to == [address(1), address(2), address(3)]
    links = set()
    for to, message in server.taken:
        assert message["To"] == to
        assert message["Subject"] == "Oak Street is closed until four"
        assert message["From"] == "Northeast by e-mail <no-reply@testserver>"
        assert message["List-Id"] == "<northeast-mail.testserver>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert (message["Auto-Submitted"], message["Precedence"]) == ("auto-generated", "bulk")
        links.add(message["List-Unsubscribe"])
        text, html = parts(message)
        assert "A water main broke." in text
        assert f"http://testserver/news/{post.pk}-oak-street-is-closed-until-four/" in text
        assert 'alt="A map of &quot;Oak&quot; &lt;Street&gt;"' in html
        assert f"/media/{post.revision.variants.first().media.get().sha256}.jpg" in html  # type: ignore[union-attr]
        assert to in text
        assert all(len(line) <= 998 for line in message.as_bytes().splitlines())
    assert len(links) == 3
    assert row.remote_url.endswith("/oak-street-is-closed-until-four/") or "news" in row.remote_url
    assert row.attempts.get().words == "3 sent"


def test_what_the_server_says_to_one_decides_for_that_one_alone(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    server.meet(address(1), "RCPT", "451 4.2.1 try later")
    server.meet(address(2), "RCPT", "550 5.1.1 no such user")
    row = on(sent_to(department, mail), mail)
    tick(DUE)
    assert states(row) == {address(1): "pending", address(2): "refused", address(3): "sent"}
    waiting = MailCopy.objects.get(delivery=row, state="pending")
    assert (waiting.status, waiting.ready_at) == (451, DUE + timedelta(minutes=15))
    row.refresh_from_db()
    assert (row.state, row.failures) == (DeliveryState.AWAITING_RETRY, 0)
    row = until_done(row, DUE + timedelta(minutes=16))
    assert (row.state, server.to) == (DeliveryState.DELIVERED, [address(3), address(1)])
    gone = Subscriber.objects.get(folded=address(2))
    assert gone.suspended_at is not None
    assert "5.1.1" in gone.suspended_why


def test_an_address_refused_twice_in_a_row_is_suspended_and_one_taken_between_starts_anew(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    server.meet(address(1), "RCPT", "550 mailbox full for good", "", "550 mailbox full for good", "550 again")
    for n in range(4):
        until_done(on(sent_to(department, mail, title=f"Number {n}"), mail), DUE + timedelta(minutes=n))
        suspended = Subscriber.objects.get(folded=address(1)).suspended_at is not None
        assert suspended is (n == 3)
    until_done(on(sent_to(department, mail, title="Five"), mail), DUE + timedelta(minutes=9))
    assert server.to.count(address(1)) == 1


def test_a_refusal_for_a_policy_says_nothing_of_the_address(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    for n in range(3):
        server.meet(address(1), "RCPT", "550 5.7.1 relaying denied")
        until_done(on(sent_to(department, mail, title=f"Number {n}"), mail), DUE + timedelta(minutes=n))
    assert Subscriber.objects.filter(suspended_at__isnull=False).count() == 0


def test_what_could_only_go_after_the_posts_time_is_given_up_and_said(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    server.meet(address(1), "RCPT", *["451 later"] * 9)
    row = until_done(on(sent_to(department, mail), mail), DUE)
    assert row.state == DeliveryState.DELIVERED
    copy = MailCopy.objects.get(delivery=row, subscriber__folded=address(1))
    assert (copy.state, copy.words) == ("refused", "its time was over")
    assert row.attempts.order_by("-number")[0].words == "2 sent, 1 refused"


def test_a_line_that_breaks_before_the_dot_is_taken_up_again_for_everybody_left(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    server.meet(address(2), "RCPT", "drop")
    row = on(sent_to(department, mail), mail)
    tick(DUE)
    assert states(row) == {address(1): "sent", address(2): "pending", address(3): "sent"}
    row = until_done(row, DUE + timedelta(seconds=31))
    assert (row.state, sorted(server.to)) == (DeliveryState.DELIVERED, [address(1), address(2), address(3)])


def test_silence_after_the_dot_is_uncertain_and_an_ordinary_mail_is_not_sent_again(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    server.meet(address(2), "DATA", "swallow")
    row = until_done(on(sent_to(department, mail), mail), DUE)
    assert row.state == DeliveryState.DELIVERED
    assert states(row)[address(2)] == "uncertain"
    assert sorted(server.to) == [address(1), address(2), address(3)]
    assert row.attempts.order_by("-number")[0].words == "2 sent, 1 uncertain"


def test_silence_after_the_dot_repeats_an_alert_once_under_the_same_name(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    server.meet(address(2), "DATA", "swallow", "swallow", "swallow")
    row = until_done(on(sent_to(department, mail, **ALERT), mail), DUE)
    assert row.state == DeliveryState.DELIVERED
    mine = [message for to, message in server.taken if to == address(2)]
    assert len(mine) == 2
    assert len({message["Message-ID"] for message in mine}) == 1
    assert {message["Precedence"] for message in mine} == {None}
    assert mine[0].as_bytes() == mine[1].as_bytes()
    assert states(row)[address(2)] == "uncertain"


@pytest.mark.parametrize(("kind", "again"), [({}, False), (ALERT, True)])
def test_a_worker_killed_between_commit_and_answer_leaves_one_mail_in_doubt(
    department: SimpleNamespace,
    server: Server,
    mail: Channel,
    monkeypatch: pytest.MonkeyPatch,
    kind: dict[str, Any],
    again: bool,
) -> None:
    row = on(sent_to(department, mail, **kind), mail)
    whole = Mailing.end

    def die(self: Mailing, recipient: Recipient, *args: Any, **more: Any) -> None:
        if recipient.address == address(2):
            raise KeyboardInterrupt  # nothing of ours catches it, as nothing catches a kill
        whole(self, recipient, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Mailing, "end", die)
        with pytest.raises(KeyboardInterrupt):
            tick(DUE)
    assert states(row) == {address(1): "sent", address(2): "sending", address(3): "pending"}
    row = until_done(row, DUE + timedelta(minutes=2))
    assert row.state == DeliveryState.DELIVERED
    assert server.to.count(address(1)) == server.to.count(address(3)) == 1
    assert server.to.count(address(2)) == (2 if again else 1)
    assert states(row)[address(2)] == ("sent" if again else "uncertain")


def test_a_worker_that_lost_its_claim_begins_no_mail_more(
    department: SimpleNamespace, server: Server, mail: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = on(sent_to(department, mail), mail)
    whole = Mailing.begin

    def overtaken(self: Mailing, recipient: Recipient) -> bool:
        if recipient.address == address(2):
            Delivery.objects.filter(pk=row.pk).update(attempt=9)
        return whole(self, recipient)

    monkeypatch.setattr(Mailing, "begin", overtaken)
    tick(DUE)
    assert server.to == [address(1)]


def test_a_hold_in_the_middle_of_a_batch_stops_the_next_mail_and_a_person_lets_the_rest_go(
    department: SimpleNamespace, server: Server, mail: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = department
    row = on(sent_to(d, mail), mail)
    whole, placed = Mailing.end, []

    def end(self: Mailing, recipient: Recipient, *args: Any, **more: Any) -> None:
        whole(self, recipient, *args, **more)
        if not placed:
            placed.append(hold.place(scope="all", reason="A fire", by=d.smo, now=DUE))

    monkeypatch.setattr(Mailing, "end", end)
    tick(DUE)
    row.refresh_from_db()
    assert (row.state, server.to) == (DeliveryState.HELD, [address(1)])
    hold.release(hold=placed[0], by=d.smo, now=DUE)
    tick(DUE + timedelta(seconds=1))
    assert server.to == [address(1)]
    row.refresh_from_db()
    hold.keep(deliveries=[row], by=d.smo, now=DUE + timedelta(seconds=2))
    row = until_done(row, DUE + timedelta(seconds=3))
    assert (row.state, server.to) == (DeliveryState.DELIVERED, [address(1), address(2), address(3)])


def test_who_leaves_while_it_goes_out_gets_none_and_who_came_later_neither(
    department: SimpleNamespace, server: Server, mail: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "BATCH", 1)
    row = on(sent_to(department, mail), mail)
    third = Subscriber.objects.get(folded=address(3))
    whole = Mailing.end

    def end(self: Mailing, recipient: Recipient, *args: Any, **more: Any) -> None:
        whole(self, recipient, *args, **more)
        subscribing.leave(subscriber_id=third.pk, channel_id=mail.pk, now=DUE)
        late, _ = Subscriber.objects.get_or_create(address="late@home.example", folded="late@home.example")
        Subscription.objects.get_or_create(subscriber=late, channel=mail, confirmed_at=DUE)

    monkeypatch.setattr(Mailing, "end", end)
    row = until_done(row, DUE)
    assert (row.state, server.to) == (DeliveryState.DELIVERED, [address(1), address(2)])
    assert states(row)[address(3)] == "left"


def test_a_batch_asks_the_same_of_a_list_of_a_thousand_as_of_one_of_sixty(
    department: SimpleNamespace, server: Server
) -> None:
    asked, taken = [], []
    for people in (60, 1000):
        Subscription.objects.all().delete()
        mail = a_list(department, people, slug=f"list-{people}", prefix=f"of{people}-")
        row = on(sent_to(department, mail, title=f"For {people}"), mail)
        keeper = Mailing(mail, Sending(delivery=row, attempt=1, now=DUE))
        with CaptureQueriesContext(connection) as seen:
            taken.append(len(keeper.take(connector.BATCH)))
            keeper.left()
        asked.append(len(seen))
        assert MailCopy.objects.filter(delivery=row).count() == people
    assert taken == [50, 50]
    assert asked[0] == asked[1] <= 8


def test_a_thousand_mails_go_in_batches_and_each_once(department: SimpleNamespace, server: Server) -> None:
    mail = a_list(department, 120)
    row = until_done(on(sent_to(department, mail), mail), DUE)
    assert row.state == DeliveryState.DELIVERED
    assert len(server.to) == len(set(server.to)) == 120
    assert row.attempts.count() == 3


def test_a_list_with_nobody_on_it_is_done_at_once(department: SimpleNamespace, server: Server) -> None:
    mail = a_list(department, 0)
    row = until_done(on(sent_to(department, mail), mail), DUE)
    assert (row.state, row.attempts.get().words) == (DeliveryState.DELIVERED, "nobody is on this list")


def test_a_correction_goes_as_an_answer_to_those_who_got_the_wrong_words(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    d = department
    server.meet(address(2), "RCPT", "550 5.1.1 no such user")
    post = sent_to(d, mail)
    until_done(on(post, mail), DUE)
    late = Subscriber.objects.create(address="late@home.example", folded="late@home.example")
    Subscription.objects.create(subscriber=late, channel=mail, confirmed_at=DUE)
    first = {to: message["Message-ID"] for to, message in server.taken}
    server.taken.clear()
    typed = correct.Typed(
        was_wrong="The wrong street was named.",
        reason="A reader told the desk about it.",
        title="Elm Street is closed until four",
        text="A water main broke. Use Oak Street. The 41 bus stops at the library.",
    )
    asked = correct.ask(post=post, typed=typed, by=d.supervisor, now=DUE + timedelta(minutes=1))
    correct.confirm(correction=asked, by=d.smo, now=DUE + timedelta(minutes=2))
    reply = post.deliveries.get(channel=mail, act="reply")
    until_done(reply, DUE + timedelta(minutes=3))
    assert server.to == [address(1), address(3)]
    for to, message in server.taken:
        assert message["In-Reply-To"] == message["References"] == first[to]
        assert message["Message-ID"] != first[to]
        assert str(message["Subject"]).startswith("Correction: ")


def test_a_post_that_is_taken_down_leaves_its_mails_to_a_person(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    d = department
    post = sent_to(d, mail)
    until_done(on(post, mail), DUE)
    asked = withdraw.ask(post=post, ground="illegal", reason="A court ordered it today.", by=d.supervisor, now=DUE)
    withdraw.confirm(withdrawal=asked, by=d.smo, now=DUE)
    tick(DUE + timedelta(minutes=1))
    taken = post.deliveries.get(channel=mail, act="withdraw")
    assert taken.state == DeliveryState.AWAITING_PROOF
    assert len(server.to) == 3


def test_a_server_that_is_away_is_tried_again_and_nobody_is_counted(
    department: SimpleNamespace, server: Server, mail: Channel, settings: Any
) -> None:
    row = on(sent_to(department, mail), mail)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    tick(DUE)
    row.refresh_from_db()
    assert (row.state, row.failures) == (DeliveryState.AWAITING_RETRY, 1)
    assert set(states(row).values()) == {"pending"}
    settings.EMAIL_PORT = port
    row = until_done(row, row.ready_at)
    assert (row.state, len(server.to)) == (DeliveryState.DELIVERED, 3)


def test_a_sign_in_that_the_server_refuses_flags_the_list_and_sends_nothing(
    department: SimpleNamespace, server: Server, mail: Channel, settings: Any
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "a-password-of-the-tests"
    row = on(sent_to(department, mail), mail)
    with serving_with_sign_in() as port:
        settings.EMAIL_PORT = port
        tick(DUE)
    row.refresh_from_db()
    assert row.state == DeliveryState.FAILED
    assert Channel.objects.get(pk=mail.pk).state == ChannelState.NEEDS_ATTENTION
    assert set(states(row).values()) == {"pending"}
    assert "a-password" not in str(row.problem) + str(list(row.attempts.values()))


def test_training_sends_to_this_machine_or_into_a_folder_and_never_outside(
    department: SimpleNamespace, mail: Channel, settings: Any, tmp_path: Path
) -> None:
    with override_settings(**env.email("smtp://mail.example.gov:25")):
        row = on(sent_to(department, mail), mail)
        tick(DUE)
        row.refresh_from_db()
        assert row.state == DeliveryState.FAILED
        assert "training" in row.problem["cause"]
    Channel.objects.update(state=ChannelState.CONNECTED)
    with override_settings(**env.email(f"file:{tmp_path}/mail")):
        decide.send_again(delivery=row, by=department.supervisor, now=DUE)
        row = until_done(row, DUE + timedelta(seconds=1))
    assert row.state == DeliveryState.DELIVERED
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 3


def test_a_staff_post_never_goes_to_a_list(department: SimpleNamespace, mail: Channel) -> None:
    d = department
    assert mail not in offered_in_composer(rights(d.officer), d.northeast.pk, "internal")
    with pytest.raises(ValidationError, match="open to anybody"):
        channels.create_channel(
            slug="staff-mail", division=d.northeast, platform="email", audience="internal", by=d.smo, name="Staff"
        )


def test_no_break_in_a_title_becomes_a_header(department: SimpleNamespace, server: Server, mail: Channel) -> None:
    until_done(on(sent_to(department, mail, title="Closed\r\nBcc: all@home.example"), mail), DUE)
    for _, message in server.taken:
        assert message["Bcc"] is None
        assert message["Subject"] == "Closed Bcc: all@home.example"


def test_the_page_of_a_delivery_says_how_many_mails_stand_where(
    department: SimpleNamespace, server: Server, mail: Channel, as_: Any
) -> None:
    server.meet(address(2), "RCPT", "550 5.1.1 no such user")
    row = until_done(on(sent_to(department, mail), mail), DUE)
    text = as_(department.officer).get(f"/desk/deliveries/{row.pk}/").content.decode()
    assert "<dt>Sent</dt><dd>2</dd>" in text
    assert "<dt>Refused</dt><dd>1</dd>" in text
    assert address(1) not in text


def test_the_composer_shows_a_mail_with_its_subject(department: SimpleNamespace, mail: Channel, as_: Any) -> None:
    d = department
    post = draft(d.northeast, d.officer, channels=[d.northeast_website, mail], title="Closed until four")
    page = as_(d.officer).get(f"/desk/posts/{post.pk}/edit/").content.decode()
    assert "Northeast by e-mail" in page
    assert page.count("Closed until four") >= 3  # the field, the public page, the mail


@pytest.mark.django_db(transaction=True)
def test_when_the_server_has_the_mail_it_is_written_down_already_and_nothing_else_is_open(
    department: SimpleNamespace, server: Server, mail: Channel
) -> None:
    """Seen over another connection: what is not committed by then would be lost with the worker."""
    row, seen = on(sent_to(department, mail), mail), {}
    taken = server.handle_DATA

    async def look(*args: Any) -> str:
        [to] = args[2].rcpt_tos
        seen[to] = await sync_to_async(seen_elsewhere)(row)
        return await taken(*args)

    server.handle_DATA = look  # type: ignore[method-assign]
    tick(DUE)
    row.refresh_from_db()
    assert row.state == DeliveryState.DELIVERED
    assert seen[address(1)] == {address(1): "sending", address(2): "pending", address(3): "pending"}
    assert seen[address(3)] == {address(1): "sent", address(2): "sent", address(3): "sending"}


def seen_elsewhere(row: Delivery) -> dict[str, str]:
    try:
        return states(row)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_threads_of_the_deliverer_send_a_list_as_the_one_thread_does(
    department: SimpleNamespace, server: Server
) -> None:
    """By the real clock and side by side: the page first, then the mails in their batches, each once."""
    mail = a_list(department, 60)
    row = on(sent_to(department, mail, now=timezone.now() - timedelta(minutes=2)), mail)
    for _ in range(4):
        run_tick(worker="side-by-side")
        row.refresh_from_db()
        if row.state == DeliveryState.DELIVERED:
            break
    assert row.state == DeliveryState.DELIVERED
    assert len(server.to) == len(set(server.to)) == 60
    assert {attempt.outcome for attempt in row.attempts.all()} == {"wait", "done"}
