"""Accounts are looked at ahead of time: flagged once, warned at 14, 7 and 1 days, renewed before use, reconnected."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from connectors.contract import Health
from connectors.errors import NotAuthorised
from divisions import tasks
from divisions.errors import NotAllowed, WrongMoment
from divisions.models import Channel, Notice
from divisions.services import channels, tokens
from divisions.services.credentials import open_for
from divisions.states import ChannelState
from tests import told
from tests.network import SandboxNetwork
from tests.stories import NOW


class Talks:
    """A connector that says what the test wants to hear."""

    def __init__(self, health: Health | None = None, fresh: dict[str, str] | None = None) -> None:
        self.health, self.fresh, self.renewals = health, fresh, 0

    def limits(self, account: object) -> dict[str, object]:
        return {}

    def verify(self, account: object) -> Health | None:
        return self.health

    def refresh(self, account: object) -> dict[str, str] | None:
        self.renewals += 1
        return self.fresh


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(**answers: Any) -> Talks:
        talks = Talks(**answers)
        monkeypatch.setattr(tokens, "connector_of", lambda channel: talks)
        return talks

    return use


def test_a_good_account_is_written_down_as_looked_at(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    health = tokens.check(channel=d.facebook_northeast, by=d.smo, now=NOW)
    assert health.ok
    assert Channel.objects.get(pk=d.facebook_northeast.pk).checked_at == NOW


def test_a_dead_sign_in_flags_the_channel_and_tells_its_people_once(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    channels.set_credentials(channel=d.facebook_northeast, secrets={"access_token": "revoked"}, by=None)
    for _ in range(3):
        channel = Channel.objects.get(pk=d.facebook_northeast.pk)
        tokens.check(channel=channel, by=None, now=NOW)
    assert Channel.objects.get(pk=channel.pk).state == ChannelState.NEEDS_ATTENTION
    assert told.names("account_broken", path="/desk/channels/facebook-northeast/") == {"officer", "smo", "admin"}
    letters = told.letters(timezone.now())
    assert len(letters) == 3
    assert "revoked" not in "".join(letter.body for letter in letters)


def test_a_platform_that_cannot_be_reached_changes_nothing(department: SimpleNamespace) -> None:
    d = department
    channels.change_channel(channel=d.facebook_northeast, api_base="http://127.0.0.1:9/facebook", by=None)
    channel = Channel.objects.get(pk=d.facebook_northeast.pk)
    assert not tokens.check(channel=channel, by=None, now=NOW).ok
    assert Channel.objects.get(pk=channel.pk).state == ChannelState.CONNECTED


def test_warnings_come_once_at_14_7_and_1_days_and_start_anew(department: SimpleNamespace, says: Any) -> None:
    d = department
    ends = NOW + timedelta(days=20)
    says(health=Health(ok=True, expires_at=ends))
    warned = []
    for day in range(21):
        channel = Channel.objects.get(pk=d.facebook_northeast.pk)
        tokens.check(channel=channel, by=None, now=NOW + timedelta(days=day))
        if Notice.objects.filter(kind="sign_in_ends", user=d.smo).count() > len(warned):
            warned.append(20 - day)
    assert warned == [14, 7, 1]
    says(health=Health(ok=True, expires_at=ends + timedelta(days=60)))
    tokens.check(channel=Channel.objects.get(pk=channel.pk), by=None, now=NOW + timedelta(days=21))
    assert Channel.objects.get(pk=channel.pk).token_warned_days is None


def test_a_sign_in_is_renewed_before_it_ends_and_saved_before_use(department: SimpleNamespace, says: Any) -> None:
    d = department
    row = d.x_department
    channels.set_credentials(channel=row, secrets={"access_token": "old", "refresh_token": "r1"}, by=None)
    Channel.objects.filter(pk=row.pk).update(token_expires_at=NOW + timedelta(minutes=5))
    talks = says(fresh={"access_token": "new", "refresh_token": "r2", "expires_in": "7200"})
    fresh = tokens.keep_fresh(Channel.objects.get(pk=row.pk), now=NOW)
    assert open_for(fresh) == {"access_token": "new", "refresh_token": "r2"}
    assert fresh.token_expires_at == NOW + timedelta(hours=2)
    tokens.keep_fresh(fresh, now=NOW)
    assert talks.renewals == 1


@pytest.mark.parametrize("answer", [None, {}, {"access_token": "", "refresh_token": "r2"}])
def test_an_empty_answer_never_overwrites_a_token(department: SimpleNamespace, says: Any, answer: Any) -> None:
    d = department
    channels.set_credentials(channel=d.x_department, secrets={"access_token": "old", "refresh_token": "r1"}, by=None)
    Channel.objects.filter(pk=d.x_department.pk).update(token_expires_at=NOW)
    says(fresh=answer)
    tokens.keep_fresh(Channel.objects.get(pk=d.x_department.pk), now=NOW)
    assert open_for(Channel.objects.get(pk=d.x_department.pk)) == {"access_token": "old", "refresh_token": "r1"}


def test_a_channel_is_reconnected_only_when_its_account_answers(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    channel = channels.move_channel(channel=d.facebook_northeast, to=ChannelState.NEEDS_ATTENTION, by=None)
    good = open_for(channel)
    channels.set_credentials(channel=channel, secrets={"access_token": "revoked"}, by=None)
    with pytest.raises(WrongMoment, match="does not answer"):
        tokens.reconnect(channel=Channel.objects.get(pk=channel.pk), by=d.smo)
    channels.set_credentials(channel=channel, secrets=good, by=None)
    with pytest.raises(NotAllowed):
        tokens.reconnect(channel=Channel.objects.get(pk=channel.pk), by=d.supervisor)
    tokens.reconnect(channel=Channel.objects.get(pk=channel.pk), by=d.smo)
    assert Channel.objects.get(pk=channel.pk).state == ChannelState.CONNECTED


def test_own_pages_and_hand_posted_accounts_are_not_asked(department: SimpleNamespace) -> None:
    asked = {channel.slug for channel in tokens.due_for_a_check()}
    assert asked == {"facebook-northeast", "facebook-central", "x-department", "x-staff"}


def test_the_beat_renews_what_ends_within_minutes_and_nothing_else(department: SimpleNamespace, says: Any) -> None:
    d = department
    now = timezone.now()
    for channel, left in ((d.x_department, 5), (d.facebook_northeast, 600)):
        channels.set_credentials(channel=channel, secrets={"access_token": "old", "refresh_token": "r1"}, by=None)
        Channel.objects.filter(pk=channel.pk).update(token_expires_at=now + timedelta(minutes=left))
    talks = says(fresh={"access_token": "new", "refresh_token": "r2", "expires_in": "7200"})
    assert tasks.renew_sign_ins() == 1
    assert talks.renewals == 1
    assert open_for(Channel.objects.get(pk=d.x_department.pk))["access_token"] == "new"


def test_an_answer_without_a_new_refresh_token_keeps_the_old_one(department: SimpleNamespace, says: Any) -> None:
    row = department.x_department
    channels.set_credentials(channel=row, secrets={"access_token": "old", "refresh_token": "r1"}, by=None)
    Channel.objects.filter(pk=row.pk).update(token_expires_at=NOW)
    says(fresh={"access_token": "new", "expires_in": "7200"})
    fresh = tokens.keep_fresh(Channel.objects.get(pk=row.pk), now=NOW)
    assert open_for(fresh) == {"access_token": "new", "refresh_token": "r1"}


def test_a_sign_in_that_renews_itself_is_no_news_until_it_is_not_renewed(
    department: SimpleNamespace, says: Any
) -> None:
    row = department.x_department
    channels.set_credentials(channel=row, secrets={"access_token": "old", "refresh_token": "r1"}, by=None)
    Channel.objects.filter(pk=row.pk).update(token_expires_at=timezone.now() + timedelta(minutes=15))
    talks = says(health=Health(ok=True))
    tokens.check(channel=Channel.objects.get(pk=row.pk), by=None)
    assert not Notice.objects.exists()

    def refuse(account: object) -> None:
        raise NotAuthorised("the refresh token was revoked")

    talks.refresh = refuse  # type: ignore[method-assign,assignment]
    for _ in range(3):
        assert tasks.renew_sign_ins() == 0
    said = set(Notice.objects.values_list("subject", flat=True))
    assert len(said) == 1
    assert "ends in 0 days" in said.pop()


def test_a_renewal_that_fails_half_way_leaves_the_old_tokens(
    department: SimpleNamespace, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = department.x_department
    channels.set_credentials(channel=row, secrets={"access_token": "old", "refresh_token": "r1"}, by=None)
    Channel.objects.filter(pk=row.pk).update(token_expires_at=NOW)
    says(fresh={"access_token": "new", "refresh_token": "r2"})
    monkeypatch.setattr(channels, "remember", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tokens.keep_fresh(Channel.objects.get(pk=row.pk), now=NOW)
    assert open_for(Channel.objects.get(pk=row.pk)) == {"access_token": "old", "refresh_token": "r1"}
