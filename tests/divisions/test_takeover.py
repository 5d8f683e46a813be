"""An account passes from one person to another by a list: opened, ticked, closed when all is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Channel, Takeover
from divisions.selectors import takeover as selectors
from divisions.services import channels, people, takeover
from divisions.states import ChannelState
from records.models import LedgerEntry
from records.services import ledger
from tests.stories import NOW, approved

URL = "/desk/channels/facebook-northeast/takeover/"


@pytest.fixture(autouse=True)
def _nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def opened(d: SimpleNamespace) -> Takeover:
    return takeover.open_(channel=d.facebook_northeast, from_user=d.officer, to_user=d.supervisor, by=d.admin)


def test_the_list_is_closed_only_when_every_step_is_done(department: SimpleNamespace) -> None:
    d = department
    row = opened(d)
    assert [step.code for step in row.steps.all()] == list(selectors.STEPS)
    with pytest.raises(WrongMoment, match="already"):
        opened(d)
    for step in row.steps.all():
        with pytest.raises(WrongMoment, match="Not yet"):
            takeover.close(takeover=row, by=d.admin)
        takeover.tick(step=step, by=d.supervisor, note="In the safe.")
        with pytest.raises(WrongMoment, match="ticked"):
            takeover.tick(step=step, by=d.supervisor)
    with pytest.raises(NotAllowed):
        takeover.close(takeover=row, by=d.supervisor)
    takeover.close(takeover=row, by=d.admin)
    with pytest.raises(WrongMoment):
        takeover.close(takeover=row, by=d.admin)
    with pytest.raises(WrongMoment, match="closed"):
        takeover.tick(step=row.steps.all()[0], by=d.admin)
    assert opened(d).pk != row.pk


def test_who_may_open_and_tick_it(department: SimpleNamespace) -> None:
    d = department
    for person, refusal in ((d.officer, NotAllowed), (d.stranger, NotVisible)):
        with pytest.raises(refusal):
            takeover.open_(channel=d.facebook_northeast, to_user=d.supervisor, by=person)
    row = opened(d)
    step = row.steps.all()[0]
    for person, refusal in ((d.officer, NotAllowed), (d.stranger, NotVisible)):
        with pytest.raises(refusal):
            takeover.tick(step=step, by=person)
    people.end(membership=d.supervisor.memberships.get(), by=d.admin, now=NOW)
    with pytest.raises(NotVisible):
        takeover.tick(step=step, by=d.supervisor)


def test_what_cannot_be_taken_over(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(BadInput, match="no password"):
        takeover.open_(channel=d.northeast_website, to_user=d.supervisor, by=d.admin)
    with pytest.raises(BadInput, match="no member"):
        takeover.open_(channel=d.facebook_northeast, to_user=d.stranger, by=d.admin)
    with pytest.raises(BadInput, match="themselves"):
        takeover.open_(channel=d.facebook_northeast, from_user=d.officer, to_user=d.officer, by=d.admin)
    channels.move_channel(channel=d.facebook_northeast, to=ChannelState.RETIRED, by=d.admin)
    with pytest.raises(WrongMoment, match="retired"):
        opened(d)


def test_after_seven_days_it_is_red_for_who_manages_the_account(department: SimpleNamespace, as_: Any) -> None:
    d = department
    opened(d)
    assert "is to be taken over by you." in as_(d.supervisor).get("/desk/").content.decode()
    assert "to be taken over" not in as_(d.admin).get("/desk/").content.decode()
    with time_machine.travel(NOW + timedelta(days=7), tick=False):
        assert "that is overdue" in as_(d.admin).get("/desk/").content.decode()
        assert "Overdue" in as_(d.supervisor).get(URL).content.decode()
        wall = as_(d.smo).get("/desk/wall/?show=act").content.decode()
        assert "Its takeover is overdue" in wall
        assert f'href="{URL}"' in wall
    assert "Its takeover is" not in as_(d.smo).get("/desk/wall/").content.decode()


def test_the_page_opens_ticks_and_closes(department: SimpleNamespace, as_: Any) -> None:
    d, admin = department, as_(department.admin)
    assert admin.post(URL, {"to_user": d.stranger.pk}).status_code == 422
    assert admin.post(URL, {"to_user": d.supervisor.pk, "from_user": d.officer.pk}).status_code == 302
    row = Takeover.objects.get()
    step = row.steps.all()[0]
    assert as_(d.supervisor).post(f"/desk/takeovers/steps/{step.pk}/", {"note": "x\x00y"}).status_code == 302
    step.refresh_from_db()
    assert step.note == "xy"
    assert "Not yet" in admin.post(f"{URL}close/", follow=True).content.decode()
    long = {"note": "n" * 301}
    other = row.steps.all()[1]
    assert "301 of 300" in admin.post(f"/desk/takeovers/steps/{other.pk}/", long, follow=True).content.decode()


def test_a_retired_channel_keeps_its_history(department: SimpleNamespace, as_: Any) -> None:
    d = department
    row = opened(d)
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], title="Before it retired")
    channels.move_channel(channel=d.facebook_northeast, to=ChannelState.RETIRED, by=d.admin, reason="Not used")
    page = as_(d.admin).get("/desk/channels/facebook-northeast/").content.decode()
    assert "Before it retired" in page
    assert post.deliveries.filter(channel=d.facebook_northeast).exists()
    assert as_(d.admin).get(URL).status_code == 200
    assert Takeover.objects.get() == row
    assert Channel.objects.get(pk=d.facebook_northeast.pk).state_reason == "Not used"


@pytest.mark.parametrize("act", ["open", "tick", "close"])
def test_without_its_entry_nothing_is_saved(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    d = department
    row = opened(d) if act != "open" else None
    if act == "close" and row is not None:
        row.steps.update(done_at=NOW, done_by=d.admin)
    acts = LedgerEntry.objects.count()
    monkeypatch.setattr(ledger, "append", _fail)
    does = {
        "open": lambda: opened(d),
        "tick": lambda: takeover.tick(step=Takeover.objects.get().steps.all()[0], by=d.admin),
        "close": lambda: takeover.close(takeover=Takeover.objects.get(), by=d.admin),
    }
    with pytest.raises(RuntimeError, match="no ledger"):
        does[act]()
    assert LedgerEntry.objects.count() == acts
    assert not Takeover.objects.filter(closed_at__isnull=False).exists()
    assert Takeover.objects.count() == (act != "open")
    if act == "tick":
        assert not Takeover.objects.filter(steps__done_at__isnull=False).exists()


def _fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("no ledger")
