"""Any sequence of approve, change, hold, release, kill, retry and expire keeps P1, P3, P4 and P12.

A made-up platform remembers what it shows; workers die before, during and after calls; answers are lost; time jumps.
After every step each delivery must say what the platform shows, or openly not know.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connectors.contract import Done, Next, Receipt, Remote, Result
from connectors.errors import ConnectorError, NotAuthorised, Refused, Temporary, Uncertain
from divisions.errors import Refusal
from divisions.models import Channel, Division, User
from divisions.services import channels, load_department
from divisions.states import ChannelState
from posts.models import Approval, Attempt, Delivery, Hold
from posts.services import bulk, compose, decide, deliver, hold, outcome, review, sweep
from posts.services.begin import Call
from posts.services.bulk import Written
from posts.states import DeliveryState
from tests.people import DEPARTMENT
from tests.stories import NOW

ZONE = "UTC"
FATES = ("done", "lost", "nothing", "temporary", "refused", "expired", "killed before", "killed after")
JUMPS_S = (2, 20, 65, 400, 1000, 3 * 3600)
NOT_OUT = (DeliveryState.QUEUED, DeliveryState.FAILED, DeliveryState.CANCELLED)


class Killed(BaseException):
    """kill -9 in the middle of a call."""


class Platform:
    """What followers can see, by delivery; a second showing is kept, so that it can be seen."""

    def __init__(self) -> None:
        self.shown: dict[int, list[str]] = {}
        self.calls: list[tuple[int, datetime]] = []

    def show(self, call: Call) -> str:
        """Show a post; a staged one is shown by its id, so a repeat shows nothing new."""
        ids = self.shown.setdefault(call.delivery.pk, [])
        remote_id = f"{call.delivery.pk}-{0 if call.step.repeatable else len(ids)}"
        if remote_id not in ids:
            ids.append(remote_id)
        return remote_id

    def find(self, delivery: Delivery) -> tuple[Remote, ...]:
        """Look, as `outcome.find` does."""
        ids = self.shown.get(delivery.pk, [])
        return tuple(Remote(remote_id=i, url="", text="", created_at=NOW, ours=True, links=(), raw={}) for i in ids)


class Machine(RuleBasedStateMachine):
    """One department, its desk, its workers and one made-up platform."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now, self.number, self.platform = NOW, 0, Platform()
        self.people = {u.email.split("@")[0]: u for u in User.objects.all()}
        self.accounts = list(Channel.objects.filter(slug__in=["facebook-northeast", "x-department"]).order_by("pk"))
        self.patch = mock.patch.object(outcome, "find", self.platform.find)
        self.patch.start()

    def teardown(self) -> None:
        """Forget everything."""
        self.patch.stop()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def one_of_each(self) -> None:
        """Something to begin with."""
        self.approve(0, 1)
        self.approve(1, 1)

    @precondition(lambda self: self.number < 6)
    @rule(which=st.integers(0, 1), in_s=st.sampled_from((1, 60)))
    def approve(self, which: int, in_s: int) -> None:
        """Somebody writes a post and somebody else approves it."""
        account, self.number = self.accounts[which], self.number + 1
        own = account.slug == "x-department"
        due = (self.now + timedelta(seconds=in_s)).astimezone(UTC)
        item = Written(
            channel=account,
            officer=self.people["smo" if own else "officer"],
            supervisor=self.people["boss" if own else "supervisor"],
            kind="update",
            title=f"Post {self.number}",
            text=f"Post {self.number} of many.",
            wall_time=due.strftime("%Y-%m-%dT%H:%M:%S"),
            zone=ZONE,
        )
        bulk.write_and_approve([item], now=self.now)

    @rule(jump=st.sampled_from(JUMPS_S), fates=st.lists(st.sampled_from(FATES), min_size=3, max_size=6))
    def tick(self, jump: int, fates: list[str]) -> None:
        """Time passes; a worker looks after everything and sends; what it meets is drawn."""
        self.now += timedelta(seconds=jump)
        review.expire_overdue(now=self.now)
        sweep.lapsed(now=self.now)
        sweep.missed(now=self.now)
        sweep.look_up(now=self.now)
        for lane, rows in deliver.claim(now=self.now, worker=f"at {self.now}").items():
            drawn = iter(fates)
            with suppress(Killed):
                deliver.run_lane(
                    lane,
                    rows,
                    worker=f"at {self.now}",
                    clock=lambda: self.now,
                    run=lambda call, drawn=drawn: self._call(call, next(drawn, "done")),  # type: ignore[misc]
                )

    @rule(fate=st.sampled_from(FATES))
    def meet(self, fate: str) -> None:
        """A worker looks soon, and everything meets the same."""
        self.tick(20, [fate] * 6)

    @rule(fate=st.sampled_from(("lost", "killed after", "nothing")), then=st.sampled_from(FATES))
    def meet_silence(self, fate: str, then: str) -> None:
        """Facebook's last step is not heard, and the next call meets something else."""
        self.tick(65, ["done", "done", fate])
        self.tick(65, [then])

    def _call(self, call: Call, fate: str) -> Result | ConnectorError:
        self._check_gate(call)
        if fate == "killed before":
            raise Killed
        last = call.delivery.step_index + 1 == len(call.delivery.steps)
        if fate in ("done", "lost", "killed after"):
            remote_id = self.platform.show(call) if last else ""
            if fate == "killed after":
                raise Killed
            if fate == "lost":
                return Temporary("no answer") if call.step.repeatable else Uncertain("no answer")
            return Done(Receipt(remote_id=remote_id, url="")) if last else Next({})
        if fate == "nothing":
            return Temporary("no answer") if call.step.repeatable else Uncertain("no answer")
        errors: dict[str, ConnectorError] = {
            "temporary": Temporary("later", status=503) if call.step.repeatable else Uncertain("what?", status=503),
            "refused": Refused("no", status=400),
            "expired": NotAuthorised("who?", status=401),
        }
        return errors[fate]

    def _check_gate(self, call: Call) -> None:
        """P1, P4, P12: at the moment of a call everything must allow it."""
        row = Delivery.objects.select_related("post", "revision").get(pk=call.delivery.pk)
        assert row.revision is not None
        assert row.post.revision_id == row.revision_id, "only the approved wording"
        approvals = Approval.objects.filter(revision=row.revision, voided_at__isnull=True)
        assert [a.content_hash for a in approvals] == [row.revision.content_hash]
        assert not Hold.objects.filter(released_at__isnull=True).exists(), "nothing begins under a hold"
        assert self.now <= row.grace_until, "a late post is never fired"
        assert Attempt.objects.filter(delivery=row, number=call.attempt, ended_at__isnull=True).exists()

    @rule()
    def change(self) -> None:
        """Somebody takes the newest post back to change it."""
        row = Delivery.objects.select_related("post").order_by("-pk").first()
        if row is not None:
            with suppress(Refusal), transaction.atomic():
                compose.change(post=row.post, by=row.post.author, now=self.now)

    @rule()
    def place_or_release_a_hold(self) -> None:
        """The social media officer holds everything, or lets go of it."""
        standing = Hold.objects.filter(released_at__isnull=True).first()
        if standing is None:
            hold.place(scope="all", reason="Because", by=self.people["smo"], now=self.now)
        else:
            hold.release(hold=standing, by=self.people["smo"], now=self.now)

    @rule(act=st.sampled_from(("keep", "again", "drop")))
    def decide(self, act: str) -> None:
        """A person decides about everything that waits for one, after an honest look at the account."""
        for row in Delivery.objects.filter(state__in=("held", "missed", "failed", "uncertain")).order_by("pk"):
            by = self.people["boss" if row.channel.slug == "x-department" else "supervisor"]
            with suppress(Refusal), transaction.atomic():
                self._decide(row, act, by)

    def _decide(self, row: Delivery, act: str, by: User) -> None:
        out = self.platform.shown.get(row.pk)
        if row.state == DeliveryState.UNCERTAIN and out:
            return  # it is there, so nobody says otherwise; the look-up or a pasted link settles it
        if act == "keep" and row.state == DeliveryState.HELD:
            hold.keep(deliveries=[row], by=by, now=self.now)
        elif act == "again" and row.state != DeliveryState.HELD:
            decide.send_again(delivery=row, by=by, looked=True, now=self.now)
        elif act == "drop":
            decide.drop(delivery=row, by=by, now=self.now)

    @rule()
    def reconnect(self) -> None:
        """Somebody signs in to the accounts again."""
        for account in Channel.objects.filter(pk__in=[a.pk for a in self.accounts]):
            if account.state != ChannelState.CONNECTED:
                channels.move_channel(channel=account, to=ChannelState.CONNECTED, by=None, now=self.now)

    @invariant()
    def nothing_twice_and_nothing_hidden(self) -> None:
        """P3: shown at most once; DELIVERED is shown, and what is said not to be out is not."""
        for row in Delivery.objects.all():
            ids = self.platform.shown.get(row.pk, [])
            assert len(ids) <= 1, f"twice: {row} {ids}"
            if row.state == DeliveryState.DELIVERED:
                assert ids == [row.remote_id], row
            elif ids:
                assert row.state not in NOT_OUT, f"{row.state}, and it is there"
                doubt = row.look_at is not None or row.state in (DeliveryState.IN_FLIGHT, DeliveryState.UNCERTAIN)
                assert doubt, f"{row.state}, it is there, and nobody will look"


def _load() -> None:
    load_department.load({**DEPARTMENT, "department": {**DEPARTMENT["department"], "zone": ZONE}})
    assert Division.objects.exists()


@pytest.mark.django_db
def test_any_sequence_keeps_the_promises() -> None:
    _load()
    profile: dict[str, Any] = {
        "max_examples": 30,
        "stateful_step_count": 30,
        "deadline": None,
        "phases": [Phase.generate],
    }
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Machine, settings=settings(**profile, suppress_health_check=checks, derandomize=True, database=None)
    )
