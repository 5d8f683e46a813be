"""Any sequence of approve, edit, hold, release, kill, retry, expire, keep, drop and re-time keeps P1, P3, P4 and P12.

A made-up platform remembers what it shows; workers die before, during and after calls, and with rows they never began;
answers are lost; holds come in the middle of a call; time jumps. After every step each delivery must say what the
platform shows, or openly not know.
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
from posts.models import Approval, Attempt, Delivery, Hold, Post
from posts.selectors import holds
from posts.services import bulk, compose, decide, deliver, hold, outcome, review, schedule, submit, sweep
from posts.services.begin import Call
from posts.services.bulk import Written
from posts.services.compose import DraftInput
from posts.states import DeliveryState, Stage
from tests.people import DEPARTMENT
from tests.stories import NOW

ZONE = "UTC"
FATES = (
    "done",
    "lost",
    "nothing",
    "temporary",
    "limited",
    "refused",
    "expired",
    "killed before",
    "killed after",
    "held",
)
JUMPS_S = (2, 20, 65, 400, 1000, 3 * 3600)
NOT_OUT = (DeliveryState.QUEUED, DeliveryState.FAILED, DeliveryState.CANCELLED)
ON_THEIR_WAY = (DeliveryState.QUEUED, DeliveryState.AWAITING_RETRY, DeliveryState.IN_FLIGHT)
LONGEST_GRACE = timedelta(hours=2)  # of an update


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
        self.now, self.number, self.edits, self.retimes, self.platform = NOW, 0, 0, 0, Platform()
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

    @precondition(lambda self: self.edits < 3)
    @rule(words=st.text("abc ", max_size=9), in_s=st.sampled_from((40, 600, 4000)), approving=st.booleans())
    def edit(self, words: str, in_s: int, approving: bool) -> None:
        """Somebody takes a post back, writes other words and submits it; perhaps nobody approves it in time."""
        post = Post.objects.exclude(stage__in=(Stage.CANCELLED, Stage.IN_REVIEW)).order_by("-pk").first()
        if post is None:
            return
        self.edits += 1
        with suppress(Refusal), transaction.atomic():
            if post.stage != Stage.DRAFT:
                post = compose.change(post=post, by=post.author, now=self.now)
            account = post.draft.variants.get().channel
            data = DraftInput(
                kind="update",
                title=f"Post {post.pk}",
                text=f"Post {post.pk} again: {words}.",
                channels={account.pk: None},
                when="at",
                wall_time=(self.now + timedelta(seconds=in_s)).strftime("%Y-%m-%dT%H:%M:%S"),
            )
            compose.save(post=post, version=post.draft.version, data=data, by=post.author, now=self.now)
            revision = submit.submit(post=post, by=post.author, now=self.now)
            if approving:
                review.approve(revision=revision, by=self._decider(account), now=self.now)

    @rule()
    def approve_what_waits(self) -> None:
        """A reviewer comes, perhaps too late."""
        for post in Post.objects.filter(stage=Stage.IN_REVIEW).select_related("revision").order_by("pk"):
            assert post.revision is not None
            channel = post.revision.variants.get().channel
            with suppress(Refusal), transaction.atomic():
                review.approve(revision=post.revision, by=self._decider(channel), now=self.now)

    def _decider(self, channel: Channel) -> User:
        return self.people["boss" if channel.slug == "x-department" else "supervisor"]

    @precondition(lambda self: self.retimes < 3)
    @rule(in_s=st.sampled_from((5, 90, 5000, 90_000)))
    def retime(self, in_s: int) -> None:
        """A supervisor picks another time for everything that can have one; some lie outside what was approved."""
        due_at, self.retimes = self.now + timedelta(seconds=in_s), self.retimes + 1
        for post in Post.objects.filter(stage=Stage.SCHEDULED).order_by("pk"):
            held = list(post.deliveries.filter(state=DeliveryState.HELD).select_related("channel"))
            by = self._decider(post.deliveries.select_related("channel").latest("pk").channel)
            with suppress(Refusal), transaction.atomic():
                schedule.retime(post=post, due_at=due_at, by=by, now=self.now)
            with suppress(Refusal), transaction.atomic():
                hold.retime(deliveries=held, due_at=due_at, by=by, now=self.now)

    @rule(jump=st.sampled_from(JUMPS_S))
    def die_with_rows(self, jump: int) -> None:
        """A worker takes what is due and dies before it begins anything."""
        self.now += timedelta(seconds=jump)
        deliver.claim(now=self.now, worker=f"dead at {self.now}")

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
        if fate == "held":
            self._hold("all")
        if fate in ("done", "lost", "killed after", "held"):
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
            "limited": Temporary("too many", status=429, retry_after=30, rate_limited=True),
            "refused": Refused("no", status=400),
            "expired": NotAuthorised("who?", status=401),
        }
        return errors[fate]

    def _check_gate(self, call: Call) -> None:
        """P1, P4, P12: at the moment of a call everything must allow it."""
        row = Delivery.objects.select_related("post", "revision", "variant").get(pk=call.delivery.pk)
        assert row.revision is not None
        assert row.variant is not None
        assert call.delivery.payload["text"] == row.variant.text, "every byte as it was approved"
        assert row.post.revision_id == row.revision_id, "only the approved wording"
        approvals = Approval.objects.filter(revision=row.revision, voided_at__isnull=True)
        assert [a.content_hash for a in approvals] == [row.revision.content_hash]
        assert holds.covering(row) is None, "nothing begins under a hold"
        assert row.hold_id is None, "nothing begins by a release"
        assert row.due_at <= self.now <= row.grace_until <= row.due_at + LONGEST_GRACE, "neither early nor late"
        assert Attempt.objects.filter(delivery=row, number=call.attempt, ended_at__isnull=True).exists()

    @precondition(lambda self: self.edits < 3)
    @rule()
    def change(self) -> None:
        """Somebody takes the newest post back to change it."""
        self.edits += 1
        row = Delivery.objects.select_related("post").order_by("-pk").first()
        if row is not None:
            with suppress(Refusal), transaction.atomic():
                compose.change(post=row.post, by=row.post.author, now=self.now)

    @rule(scope=st.sampled_from(("all", "channel")))
    def place_or_release_a_hold(self, scope: str) -> None:
        """The social media officer holds everything or one account, or lets go of what is held."""
        standing = list(Hold.objects.filter(released_at__isnull=True).order_by("pk"))
        for one in standing:
            hold.release(hold=one, by=self.people["smo"], now=self.now)
        if not standing:
            self._hold(scope)

    def _hold(self, scope: str) -> None:
        channel = self.accounts[0] if scope == "channel" else None
        hold.place(scope=scope, channel=channel, reason="Because", by=self.people["smo"], now=self.now)

    @rule(act=st.sampled_from(("go", "go", "drop")))
    def decide(self, act: str) -> None:
        """A person decides about everything that waits for one, after an honest look at the account."""
        for row in Delivery.objects.filter(state__in=("held", "missed", "failed", "uncertain")).order_by("pk"):
            with suppress(Refusal), transaction.atomic():
                self._decide(row, act, self._decider(row.channel))

    def _decide(self, row: Delivery, act: str, by: User) -> None:
        out = self.platform.shown.get(row.pk)
        if row.state == DeliveryState.UNCERTAIN and out:
            return  # it is there, so nobody says otherwise; the look-up or a pasted link settles it
        if act == "go" and row.state == DeliveryState.HELD and self.now <= row.grace_until:
            hold.keep(deliveries=[row], by=by, now=self.now)
        elif act == "go":
            decide.send_again(delivery=row, by=by, looked=True, now=self.now)
        elif act == "drop":
            decide.drop(delivery=row, by=by, now=self.now)

    @rule(then=st.sampled_from(FATES))
    def let_everything_go(self, then: str) -> None:
        """The hold ends, the accounts are connected, a person lets go what waits, and a worker meets something."""
        for one in Hold.objects.filter(released_at__isnull=True):
            hold.release(hold=one, by=self.people["smo"], now=self.now)
        self.tick(1, ["done"] * 6)  # a release sends nothing, so this sends nothing of what was held
        self.reconnect()
        self.decide("go")
        self.tick(2, [then, "done", then, "done"])

    @rule()
    def reconnect(self) -> None:
        """Somebody signs in to the accounts again."""
        for account in Channel.objects.filter(pk__in=[a.pk for a in self.accounts]):
            if account.state != ChannelState.CONNECTED:
                channels.move_channel(channel=account, to=ChannelState.CONNECTED, by=None, now=self.now)

    @invariant()
    def nothing_twice_and_nothing_hidden(self) -> None:
        """P3: shown at most once; DELIVERED is shown, what is said not to be out is not. P1: only the approved goes."""
        for row in Delivery.objects.select_related("post"):
            assert row.state not in ON_THEIR_WAY or row.post.stage == Stage.SCHEDULED, f"{row.post.stage}: {row}"
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
