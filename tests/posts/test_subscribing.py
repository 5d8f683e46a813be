"""How the public comes onto a list and leaves it: through the pages, with the links that really came by mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse

from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.models import Channel
from divisions.services import channels
from divisions.states import ChannelState
from posts.models import MailCopy, Subscriber, SubscribeRequest, Subscription
from posts.models.mailing import Ended, Source
from posts.selectors import mail_links, mailing
from posts.services import list_mail, lists, subscribing
from records.models import LedgerEntry
from tests.counting import queries_of
from tests.posts.lists import a_list, sign_up
from tests.stories import NOW

NEW = "New.Reader@home.example"
NOTE = "Signed the sheet at the neighborhood meeting."


@pytest.fixture
def mail(department: SimpleNamespace) -> Channel:
    return a_list(department, 2)


@pytest.fixture
def pages(mail: Channel) -> Client:
    """A browser that really checks the form's token."""
    return Client(enforce_csrf_checks=False)


def ask_page(pages: Client, mail: Channel, typed: str) -> Any:
    return pages.post(reverse("posts:subscribe"), {"address": typed, "lists": [mail.pk]})


def link_in(message: Any) -> str:
    found = re.search(r"http://testserver(/subscribe/\S+)", message.body)
    assert found is not None
    return found[1]


def test_from_the_form_to_the_list_and_off_it_again(pages: Client, mail: Channel) -> None:
    answer = ask_page(pages, mail, NEW)
    assert answer.headers["Location"] == reverse("posts:subscribe_asked")
    assert Subscriber.objects.filter(folded=NEW.lower()).count() == 0  # nothing before the press
    assert list_mail.send_due() == 1
    [message] = outbox.outbox
    assert message.to == [NEW]
    assert "Northeast by e-mail" in message.body
    path = link_in(message)
    assert "One press" in pages.get(path).content.decode()
    assert Subscriber.objects.filter(folded=NEW.lower()).count() == 0  # a program that follows links confirms nothing
    answer = pages.post(path, follow=True)
    assert "You are on" in answer.content.decode()
    row = Subscription.objects.get(subscriber__folded=NEW.lower())
    assert (row.channel, row.source, row.ended_at) == (mail, Source.FORM, None)
    manage = answer.redirect_chain[-1][0].partition("?")[0]
    text = pages.get(manage).content.decode()
    assert "N…@home.example" in text
    assert NEW not in text
    assert "no list any more" in pages.post(manage, {"none": "1"}, follow=True).content.decode()
    row.refresh_from_db()
    assert row.ended_why == Ended.PERSON


def test_the_form_says_the_same_whether_or_not_an_address_is_known(pages: Client, mail: Channel) -> None:
    known = Subscriber.objects.first()
    assert known is not None
    answers = [ask_page(pages, mail, typed) for typed in (NEW, known.address)]
    shown = [(a.status_code, a.headers["Location"], a.content) for a in answers]
    assert shown[0] == shown[1]
    assert list_mail.send_due() == 2
    subjects = {message.to[0]: message.subject for message in outbox.outbox}
    assert subjects[NEW].startswith("Confirm")
    assert subjects[known.address].startswith("You are on this list already")
    [told] = [message for message in outbox.outbox if message.to == [known.address]]
    assert pages.get(link_in(told)).status_code == 200


def test_one_click_leaves_without_cookie_token_or_login(mail: Channel) -> None:
    reader = Subscriber.objects.first()
    assert reader is not None
    path = mail_links.leave(reader.pk, mail.pk).removeprefix("http://testserver")
    stranger = Client(enforce_csrf_checks=True)
    assert "Leave this list?" in stranger.get(path).content.decode()
    assert reader.subscriptions.filter(ended_at__isnull=True).count() == 1
    for _ in range(2):
        answer = stranger.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
    assert reader.subscriptions.filter(ended_at__isnull=True).count() == 0
    assert (answer.headers["X-Robots-Tag"], answer.headers["Referrer-Policy"]) == ("noindex", "no-referrer")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["confirm", "manage", "leave"])
def test_a_link_that_we_did_not_make_opens_nothing(pages: Client, mail: Channel, name: str) -> None:
    other = {"confirm": mail_links.manage(1), "manage": mail_links.leave(1, mail.pk), "leave": mail_links.manage(1)}
    stolen = other[name].rstrip("/").rpartition("/")[2]
    for token in ("x", stolen, f"{stolen}x", "%00", "é"):
        assert pages.get(f"/subscribe/{'' if name == 'manage' else name + '/'}{token}/").status_code == 404


def test_a_link_is_over_after_two_days(pages: Client, mail: Channel) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 15, tzinfo=UTC), tick=False) as clock:
        sign_up(mail, NEW)
        path = mail_links.confirm(SubscribeRequest.objects.get().pk).removeprefix("http://testserver")
        clock.shift(timedelta(hours=47))
        assert pages.get(path).status_code == 200
        clock.shift(timedelta(hours=2))
        assert "This link is over" in pages.get(path).content.decode()
        assert pages.post(path).status_code == 404
    assert Subscriber.objects.filter(folded=NEW.lower()).count() == 0


def test_a_link_pressed_again_brings_nobody_back_who_has_left_since(mail: Channel) -> None:
    sign_up(mail, NEW)
    asked = SubscribeRequest.objects.get()
    reader = subscribing.confirm(request_id=asked.pk, now=NOW)
    assert reader is not None
    subscribing.leave(subscriber_id=reader.pk, channel_id=mail.pk, now=NOW)
    subscribing.confirm(request_id=asked.pk, now=NOW)
    assert mailing.lists_of(reader) == set()


def test_signing_up_anew_lifts_a_suspension(mail: Channel) -> None:
    reader = Subscriber.objects.first()
    assert reader is not None
    Subscriber.objects.filter(pk=reader.pk).update(suspended_at=NOW, suspended_why="550", refusals=2)
    sign_up(mail, reader.address.upper())
    subscribing.confirm(request_id=SubscribeRequest.objects.get().pk, now=NOW)
    reader.refresh_from_db()
    assert (reader.suspended_at, reader.refusals) == (None, 0)


def test_nobody_can_fill_a_mailbox_and_nobody_can_tell(mail: Channel) -> None:
    for n in range(6):
        sign_up(mail, NEW if n % 2 else NEW.upper(), origin=f"10.0.0.{n}")
    assert list_mail.send_due(now=NOW) == subscribing.PER_ADDRESS
    sign_up(mail, NEW, now=NOW + timedelta(days=1, minutes=1))
    assert list_mail.send_due(now=NOW + timedelta(days=1, minutes=1)) == 1


def test_one_origin_and_all_together_may_ask_so_often_an_hour(pages: Client, mail: Channel, monkeypatch: Any) -> None:
    for n in range(subscribing.PER_ORIGIN):
        sign_up(mail, f"a{n}@home.example")
    with pytest.raises(WrongMoment):
        sign_up(mail, "one.more@home.example")
    sign_up(mail, "one.more@home.example", origin="10.0.0.9")
    sign_up(mail, "one.more@home.example", now=NOW + timedelta(hours=1, seconds=1))
    monkeypatch.setattr(subscribing, "IN_ALL", 0)
    answer = ask_page(pages, mail, NEW)
    assert answer.status_code == 429
    assert NEW in answer.content.decode()  # what was typed stays


def test_where_a_request_came_from_is_not_kept_readable(mail: Channel) -> None:
    sign_up(mail, NEW, origin="203.0.113.7")
    assert "203.0.113.7" not in str(SubscribeRequest.objects.values().get())


@pytest.mark.parametrize(
    "typed", ["", "nobody", "a@b", "a b@c.example", "a@c.example\nBcc: x@y.example", "ä@c.example"]
)
def test_what_is_no_address_is_said_at_the_field(pages: Client, mail: Channel, typed: str) -> None:
    answer = ask_page(pages, mail, typed)
    assert answer.status_code == 422
    assert SubscribeRequest.objects.count() == 0


def test_a_list_that_is_paused_is_offered_to_nobody(pages: Client, mail: Channel) -> None:
    assert "Northeast by e-mail" in pages.get(reverse("posts:subscribe")).content.decode()
    Channel.objects.filter(pk=mail.pk).update(state=ChannelState.PAUSED)
    assert "There is no list yet" in pages.get(reverse("posts:subscribe")).content.decode()
    with pytest.raises(BadInput):
        sign_up(mail, NEW)


def test_an_address_that_nobody_needs_is_forgotten(mail: Channel, department: SimpleNamespace) -> None:
    reader, other = Subscriber.objects.order_by("pk")
    subscribing.leave(subscriber_id=reader.pk, channel_id=mail.pk, now=NOW)
    sign_up(mail, NEW)
    assert subscribing.tidy(now=NOW + timedelta(days=29)) == 0
    assert SubscribeRequest.objects.count() == 0
    assert subscribing.tidy(now=NOW + timedelta(days=31)) == 1
    reader.refresh_from_db()
    assert (reader.address, reader.folded) == ("", f"erased-{reader.pk}")
    other.refresh_from_db()
    assert other.address
    assert subscribing.tidy(now=NOW + timedelta(days=32)) == 0


# ---- the desk's side


@pytest.fixture
def desk(department: SimpleNamespace, as_: Any) -> Client:
    client: Client = as_(department.smo)
    return client


def test_import_leaves_out_who_had_left_and_asks_by_what_right(department: SimpleNamespace, mail: Channel) -> None:
    d = department
    reader, known = Subscriber.objects.order_by("pk")
    subscribing.leave(subscriber_id=reader.pk, channel_id=mail.pk, now=NOW)
    text = f"{reader.address}\n{known.address.upper()}, a@b.example;<c@d.example>\nnonsense"
    with pytest.raises(BadInput, match="agreed"):
        lists.bring(channel=mail, addresses=text, note="", by=d.smo)
    came = lists.bring(channel=mail, addresses=text, note=NOTE, by=d.smo, now=NOW)
    assert (came.added, came.known, came.left, came.bad) == (2, 1, 1, ("nonsense",))
    assert mailing.lists_of(reader) == set()
    row = Subscription.objects.get(subscriber__folded="a@b.example")
    assert (row.source, row.note, row.added_by) == (Source.IMPORT, NOTE, d.smo)
    entry = LedgerEntry.objects.get(type="posts.list.imported")
    assert entry.data["added"] == 2
    assert "@" not in str(entry.data)


def test_taking_somebody_off_their_last_list_erases_the_address(department: SimpleNamespace, mail: Channel) -> None:
    row = Subscription.objects.select_related("channel__division", "subscriber").first()
    assert row is not None
    with pytest.raises(NotAllowed):
        lists.remove(subscription=row, by=department.officer)
    lists.remove(subscription=row, by=department.smo)
    row.refresh_from_db()
    assert row.ended_why == Ended.REMOVED
    assert Subscriber.objects.get(pk=row.subscriber_id).address == ""
    assert "@" not in str(LedgerEntry.objects.get(type="posts.list.removed").data)


def test_the_list_comes_out_as_csv_that_no_spreadsheet_runs(
    desk: Client, department: SimpleNamespace, mail: Channel
) -> None:
    lists.bring(channel=mail, addresses="=cmd@home.example", note=NOTE, by=department.smo)
    answer = desk.post(reverse("posts:list_export", args=[mail.slug]))
    text = answer.content.decode()
    assert text.splitlines()[0] == "address,since,how,note"
    assert "'=cmd@home.example" in text
    assert LedgerEntry.objects.get(type="posts.list.exported").data["rows"] == 3


def test_the_page_of_a_list_keeps_what_was_typed_and_says_what_became_of_it(desk: Client, mail: Channel) -> None:
    path = reverse("posts:list_bring", args=[mail.slug])
    refused = desk.post(path, {"addresses": "a@b.example", "note": "short"})
    assert refused.status_code == 422
    assert "a@b.example" in refused.content.decode()
    done = desk.post(path, {"addresses": "a@b.example x", "note": NOTE}, follow=True).content.decode()
    assert "1 added" in done
    assert "a@b.example" in done
    assert "a@b.example" not in desk.get(f"/desk/channels/{mail.slug}/subscribers/?q=zzz%00").content.decode()
    shown = Subscription.objects.get(subscriber__folded="a@b.example")
    answer = desk.post(reverse("posts:list_remove", args=[mail.slug, shown.pk]), follow=True)
    assert "a@b.example" not in answer.content.decode()


def test_a_long_list_is_shown_in_pages_with_as_many_queries_as_a_short_one(
    desk: Client, department: SimpleNamespace, mail: Channel
) -> None:
    path = f"/desk/channels/{mail.slug}/subscribers/"
    short = queries_of(desk, path)
    many = " ".join(f"p{n}@home.example" for n in range(120))
    lists.bring(channel=mail, addresses=many, note=NOTE, by=department.smo)
    assert queries_of(desk, path) == short
    assert "p119@" not in desk.get(f"{path}?page=5").content.decode()


@pytest.mark.parametrize("act", ["bring", "remove", "export", "secret"])
def test_the_ledger_fails_nothing_is_saved(
    department: SimpleNamespace, mail: Channel, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    from posts.services import webhooks
    from records.services import ledger

    d = department
    hook = channels.create_channel(
        slug="hook", division=d.northeast, platform="webhook", audience="public", by=d.smo, name="City hall"
    )
    row = Subscription.objects.select_related("channel__division").first()
    assert row is not None
    before = (Subscription.objects.filter(ended_at=None).count(), Subscriber.objects.exclude(address="").count())

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr(ledger, "append_many", broken)
    acts = {
        "bring": lambda: lists.bring(channel=mail, addresses="a@b.example", note=NOTE, by=d.smo),
        "remove": lambda: lists.remove(subscription=row, by=d.smo),
        "export": lambda: lists.export(channel=mail, by=d.smo),
        "secret": lambda: webhooks.make_secret(channel=hook, by=d.smo),
    }
    with pytest.raises(RuntimeError):
        acts[act]()
    hook.refresh_from_db()
    assert hook.credentials == ""
    after = (Subscription.objects.filter(ended_at=None).count(), Subscriber.objects.exclude(address="").count())
    assert after == before


def test_an_address_stands_in_no_log_and_no_ledger(
    pages: Client, mail: Channel, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    caplog.set_level("DEBUG")
    ask_page(pages, mail, NEW)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert list_mail.send_due() == 0
    assert SubscribeRequest.objects.get().mail_due_at is not None  # owed still
    assert NEW.lower() not in caplog.text.lower()
    assert NEW.lower() not in str(list(LedgerEntry.objects.values())).lower()
    assert MailCopy.objects.count() == 0
