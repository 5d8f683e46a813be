"""One of everything that has an address, all of it Northeast's, and who comes to look at it.

What stands here is made by the services, through `tests.stories`; no expectation stands here (see `table`).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from divisions.models import Channel, Notice, User
from divisions.notice_kinds import BY_CODE
from divisions.services import (
    absences,
    access_review,
    channels,
    handover,
    letters,
    load_department,
    people,
    roster,
    takeover,
    training,
)
from moderation.models import CheckRound, CommentWatch, Contribution, DriftCase, DriftStep, Task
from moderation.services import digests, rounds, screenshots
from moderation.states import TAKEOVER_STEPS
from posts.models import Delivery, Draft, Heartbeat, Pattern, Post, Subscriber, SubscribeRequest, Subscription
from posts.selectors import mail_links
from posts.services import break_glass, correct, hold, incident, matrix, subscribing, withdraw
from posts.states import DeliveryState
from tests.people import BACKEND, DEPARTMENT, PASSWORD
from tests.stories import NOW, approved, asset, draft, live, picture, submitted

LATER = "2026-11-24T18:00"
MODERATOR = "moderator.northeast@test.example"

# The columns of the table -> the e-mail of the person (None = nobody signed in). The first three belong to Northeast,
# the next three to other divisions, the next four oversee all; the last is a superuser who belongs nowhere.
COLUMNS: dict[str, str | None] = {
    "anonymous": None,
    "officer": "officer@test.example",
    "supervisor": "supervisor@test.example",
    "moderator": MODERATOR,
    "other officer": "stranger@test.example",
    "other supervisor": "boss@test.example",
    "other moderator": "moderator@test.example",
    "central officer": "smo@test.example",
    "administrator": "admin@test.example",
    "records officer": "records@test.example",
    "auditor": "auditor@test.example",
    "superuser": "root@test.example",
}


class World:
    """Things by name: `address(name, thing)` and `data(name, thing)` say where one is and what is posted there."""

    def __init__(self, department: SimpleNamespace) -> None:
        d = self.d = department
        _a_moderator_of_northeast()
        where, by, boss = d.northeast, d.officer, d.supervisor
        self.picture = asset(where, by, alt="A picture nobody has used yet", colour="teal")
        shown = asset(where, by, alt="A picture on a public page", colour="olive")
        inside = asset(where, by, alt="A picture in the staff feed", colour="maroon")
        notice: dict[str, Any] = {"audience": "internal", "kind": "internal_notice"}
        self.posts = {
            "draft": draft(where, by, pictures=[self.picture]),
            "review": submitted(where, by).post,
            "timed": approved(where, by, boss, due=LATER),
            "live": live(where, by, boss, pictures=[shown]),
            "staff": live(where, by, boss, pictures=[inside], **notice),
            "staff-draft": draft(where, by, **notice),
        }
        asked = live(where, by, boss)
        wrong = correct.Typed(was_wrong="The wrong street.", reason="A reader said so.", title="Elm", text="Elm St.")
        self.corrections = {"asked": correct.ask(post=live(where, by, boss), typed=wrong, by=boss, now=NOW)}
        self.withdrawals = {"asked": withdraw.ask(post=asked, ground="illegal", reason="A court ordered it.", by=boss)}
        self.incidents = {"fire": incident.open_(name="Oak Street fire", by=boss, division=where)}
        self.files = {"library": self.picture, "public": shown, "staff": inside}
        self.deliveries = self._deliveries(approved(where, by, boss, due=LATER))
        self._held(approved(where, by, boss, due=LATER))
        approved(where, by, boss, due=LATER, repeats="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
        self.pattern = Pattern.objects.get()
        self._alerts(where, by)
        self._differences()
        self._written_below()
        days = {"starts_on": NOW.date(), "ends_on": NOW.date() + timedelta(days=6)}
        self.absence = absences.enter(user=boss, deputy=self.d.smo, by=self.d.admin, now=NOW, **days)
        self.rule = matrix.change(kind="award", asks="two", division=where, by=self.d.smo, now=NOW)
        channels.set_credentials(channel=d.facebook_northeast, secrets={"access_token": "made-up-token"}, by=None)
        self._checks()
        self._moves_and_duties()
        self._mailing()
        self.told = self._told(by)
        Heartbeat.objects.update(beat_at=NOW + timedelta(minutes=5))

    def _moves_and_duties(self) -> None:
        """A shift, a takeover by the supervisor and a review of Northeast; somebody who has just left it."""
        d, at = self.d, {"by": self.d.admin, "now": NOW}
        hours = {"starts_at": NOW + timedelta(days=1), "ends_at": NOW + timedelta(days=2)}
        shift = roster.add(channel=d.facebook_northeast, user=d.officer, **hours, **at)
        over = takeover.open_(channel=d.facebook_northeast, to_user=d.supervisor, **at)
        review = access_review.open_(division=d.northeast, **at)
        gone = people.create_person(email="gone@test.example", name="Officer who left", **at)
        people.grant(user=gone, division=d.northeast, role="officer", starts_on=NOW.date() - timedelta(days=9), **at)
        left = handover.hand_over(person=gone, kind="leaver", **at)
        self.duties = {
            "person": d.colleague.pk,
            "person_move": d.colleague.pk,
            "handover_undo": left.pk,
            "shift_end": shift.pk,
            "takeover_tick": over.steps.get(code="password").pk,
            "access_review": review.pk,
            "access_sign": review.pk,
            "access_review_file": review.pk,
            "access_decide": review.items.get(membership__user=d.officer).pk,
        }

    def _written_below(self) -> None:
        """Below a post of Northeast's page: a question that waits, and one that somebody said is answered."""
        facts = {"channel": self.d.facebook_northeast, "text": "When does it open?", "said_at": NOW, "fetched_at": NOW}
        CommentWatch.objects.create(channel=self.d.facebook_northeast, next_at=NOW + timedelta(hours=1), looked_at=NOW)
        said = {"answered_how": "there", "answered_at": NOW, "answered_by": self.d.officer}
        self.comments = {
            "asked": Contribution.objects.create(remote_id="1", author="Neighbor", **facts),
            "answered": Contribution.objects.create(remote_id="2", author="Neighbor", **facts, **said),
        }

    def _checks(self) -> None:
        """Northeast's page: a signed round that made a task, and the open one after it with a picture."""
        account = self.d.facebook_northeast
        Channel.objects.filter(pk=account.pk).update(created_at=NOW - timedelta(days=30))
        rounds.open_due(now=NOW - timedelta(days=7))
        first = CheckRound.objects.get(channel=account)
        codes = first.items.filter(asked_of="person").values_list("code", flat=True)
        typed = {code: rounds.Typed(answer="yes") for code in codes}
        typed["pinned"] = rounds.Typed(answer="no", note="Unpin the summer hours.")
        rounds.save(row=first, version=1, typed=typed, by=self.d.smo, now=NOW - timedelta(days=7))
        rounds.sign(row=first, by=self.d.smo, now=NOW - timedelta(days=7))
        self.signed = first
        rounds.open_due(now=NOW)
        self.round = CheckRound.objects.get(channel=account, signed_at=None)
        shot = screenshots.add(row=self.round, name="screen.jpg", file=picture(), by=self.d.smo, now=NOW)
        self.checks = {"round": self.round.pk, "shot": shot.pk, "task": Task.objects.get(code="pinned").pk}

    def _mailing(self) -> None:
        """A list of Northeast with one reader, one who only asked; and a webhook."""
        about = {"division": self.d.northeast, "audience": "public", "mode": "sandbox", "by": self.d.smo, "now": NOW}
        mail = channels.create_channel(slug="northeast-mail", platform="email", name="Northeast by e-mail", **about)
        channels.create_channel(slug="northeast-hook", platform="webhook", name="City hall", **about)
        reader = Subscriber.objects.create(address="reader@home.example", folded="reader@home.example")
        on = Subscription.objects.create(subscriber=reader, channel=mail, confirmed_at=NOW)
        subscribing.ask(address="new@home.example", lists=[mail.pk], origin="x")
        asked = SubscribeRequest.objects.get()
        links = {
            "asked": mail_links.confirm(asked.pk),
            "reader": mail_links.manage(reader.pk),
            "leaving": mail_links.leave(reader.pk, mail.pk),
        }
        self.tokens = {thing: link.rstrip("/").rpartition("/")[2] for thing, link in links.items()}
        self.mail, self.subscription = mail, on

    def _told(self, by: Any) -> dict[str, str]:
        """A notice and a daily digest of the officer, the way out of a mail of theirs, two digests of the smo."""
        tomorrow, december = NOW.date() + timedelta(days=1), NOW.date() + timedelta(days=7)
        made = {
            "officers-day": digests.make(kind="daily", recipient=by, on=tomorrow, now=NOW),
            "smos-week": digests.make(kind="weekly", recipient=self.d.smo, on=december, now=NOW),
            "smos-month": digests.make(kind="monthly", recipient=self.d.smo, on=december, now=NOW),
        }
        notice = Notice.objects.filter(user=by).order_by("pk")[0]
        way_out = letters.stop_url(by, BY_CODE["post_live"]).rstrip("/").rpartition("/")[2]
        known = {name: str(row.pk) for name, row in made.items() if row is not None}
        return {"officers-notice": str(notice.pk), "way-out": way_out, **known}

    def _alerts(self, where: Any, by: Any) -> None:
        """The officer is trained; one alert as a draft, one that went out without review."""
        alert = {"kind": "safety_alert", "facts": {"do_now": "Stay inside."}, "channels": [self.d.northeast_website]}
        self.posts["alert"], self.posts["glass"] = draft(where, by, **alert), draft(where, by, **alert)
        days = {"trained_on": NOW.date(), "ends_on": NOW.date() + timedelta(days=300)}
        training.give(user=by, division=where, by=self.d.admin, now=NOW, **days)
        why = "The gas is spreading towards the school."
        break_glass.publish(post=self.posts["glass"], by=by, reason=why, now=NOW)

    def _differences(self) -> None:
        """Two differences on Facebook: one open, one treated as a takeover whose checklist has begun."""
        about = {"channel": self.d.facebook_northeast, "kind": "posted", "found_at": NOW}
        shown = {"text": "Win a phone", "links": ["https://else.example/"], "pictures": 0, "ours": None}
        fresh = DriftCase.objects.create(
            **about, remote_id="1", shown=shown, fingerprint="1", url="https://else.example/"
        )
        taken = {
            "decision": "compromise",
            "decided_by": self.d.smo,
            "decided_at": NOW,
            "reason": "Nobody of us did it.",
        }
        over = DriftCase.objects.create(**about, **taken, remote_id="2", shown=shown, fingerprint="2")
        steps = enumerate(TAKEOVER_STEPS)
        DriftStep.objects.bulk_create(DriftStep(case=over, code=c, words=w, position=n) for n, (c, w) in steps)
        self.cases = {"open": fresh, "takeover": over}

    def _deliveries(self, post: Post) -> dict[str, Delivery]:
        """A failed one on Facebook and a doubtful one on the linked X account."""
        rows = {row.channel.platform: row for row in post.deliveries.select_related("channel")}
        states = {"facebook": DeliveryState.FAILED, "x": DeliveryState.UNCERTAIN}
        for platform, state in states.items():
            problem = {"cause": "It said no.", "who": "Whoever wrote it.", "press": "Change a word."}
            Delivery.objects.filter(pk=rows[platform].pk).update(
                state=state, problem=problem, first_attempt_at=NOW, state_at=NOW, after=None
            )
        return {"failed": rows["facebook"], "doubt": rows["x"]}

    def _held(self, post: Post) -> None:
        """Two holds of Northeast: one in force, one released that left a delivery for a person to decide."""
        at = {"now": NOW + timedelta(minutes=2)}
        account = hold.place(scope="channel", channel=self.d.facebook_northeast, reason="A fire", by=self.d.smo, **at)
        hold.release(hold=account, by=self.d.smo, **at)
        self.deliveries["held"] = post.deliveries.get(channel=self.d.facebook_northeast)
        self.deliveries["missed"] = post.deliveries.get(channel=self.d.x_department)
        Delivery.objects.filter(pk=self.deliveries["missed"].pk).update(state=DeliveryState.MISSED, state_at=NOW)
        self.posts["held"] = post
        drill = hold.place(scope="division", division=self.d.northeast, drill=True, reason="Try", by=self.d.smo, **at)
        every = hold.place(scope="all", drill=True, reason="A drill for everybody", by=self.d.smo, **at)
        self.holds = {"in-force": drill, "released": account, "everything": every}

    def address(self, name: str, thing: str) -> str:
        """The path of a URL name for one of the things ("-" = it takes none)."""
        return reverse(name, args=self._args(name, thing))

    def _args(self, name: str, thing: str) -> list[Any]:
        step = name.partition(":")[2]
        if step in self.duties:
            return [self.duties[step]]
        if thing == "-":
            return []
        if thing.partition(",")[0] in self.told:
            name, _, code = thing.partition(",")
            return [self.told[name], *([code] if code else [])]
        if step.startswith("comment_"):
            return [self.comments[thing].pk]
        if step.startswith("drift") and thing in self.cases:
            return [self.cases[thing].pk, *(["apps"] if step == "drift_tick" else [])]
        if step == "file":
            asset, _, size = thing.partition("-")
            found = self.files[asset]
            return [found.thumb_sha256 if size else found.sha256, "jpg"]
        if step == "page":
            return [self.posts[thing].pk, "oak-street-is-closed-until-four"]
        if step in ("delivery", "prove", "seen", "send_again", "keep", "drop"):
            return [self.deliveries[thing].pk]
        if step in ("repeat", "repeat_stop"):
            return [self.pattern.pk]
        if step.startswith("incident"):
            return [self.incidents[thing].pk]
        if step == "catch_up":
            return [self.posts[thing].deliveries.get(channel__platform="website").pk]
        if step == "correction":
            return [self.corrections[thing].pk]
        if step == "withdrawal":
            return [self.withdrawals[thing].pk]
        if step.startswith("hold"):
            return [self.holds[thing].pk]
        if step.startswith("subscribe_"):
            return [self.tokens[thing]]
        if step == "list_remove":
            return [self.mail.slug, self.subscription.pk]
        if thing in self.checks:
            return [self.checks[thing]]
        if step == "connecting":
            return ["00000000-0000-4000-8000-000000000000"]
        if step == "register_remove_holder":
            return [self.d.facebook_northeast.holders.first().pk]
        if step == "absence_end":
            return [self.absence.pk]
        if step == "matrix_remove":
            return [self.rule.pk]
        if step in ("media_edit", "media_state", "media_again"):
            return [self.picture.pk]
        return [self.posts[thing].pk] if thing in self.posts else thing.split(",")

    def data(self, name: str, thing: str) -> dict[str, Any]:
        """A valid form for a POST, so that only the person decides what comes back."""
        make: Callable[[str], dict[str, Any]] | None = getattr(self, f"_{name.partition(':')[2]}", None)
        return make(thing) if make else {}

    def _person_move(self, _: str) -> dict[str, Any]:
        return {"kind": "leaver", "step": "look"}

    def _roster_channel(self, _: str) -> dict[str, Any]:
        return {"user": self.d.supervisor.pk, "starts_on": "2026-12-01", "ends_on": "2026-12-02"}

    def _takeover(self, _: str) -> dict[str, Any]:
        return {"to_user": self.d.supervisor.pk}

    def _access_reviews(self, _: str) -> dict[str, Any]:
        return {"division": "headquarters"}

    def _access_decide(self, _: str) -> dict[str, Any]:
        return {"decision": "keep"}

    def _new(self, _: str) -> dict[str, Any]:
        return {"division": self.d.northeast.pk, "kind": "update", "audience": "public"}

    def _compose(self, thing: str) -> dict[str, Any]:
        saved = Draft.objects.get(post=self.posts[thing])
        return {
            "version": saved.version,
            "kind": "update",
            "title": "New",
            "text": "Words.",
            "when": "approved",
        }

    _preview = _compose

    def _drift_decide(self, _: str) -> dict[str, Any]:
        return {"decision": "adopt"}

    def _comment_answer(self, _: str) -> dict[str, Any]:
        return {"how": "not_needed"}

    def _picture_add(self, _: str) -> dict[str, Any]:
        return {"asset": self.picture.pk}

    def _media(self, _: str) -> dict[str, Any]:
        file = picture("teal", (64, 64))
        file.name = "teal.jpg"
        return {
            "division": self.d.northeast.pk,
            "file": file,
            "alt_text": "A teal card",
            "credit": "Own picture",
        }

    def _media_edit(self, _: str) -> dict[str, Any]:
        return {"alt_text": "A teal card", "credit": "Own picture"}

    def _decide(self, thing: str) -> dict[str, Any]:
        return {"verdict": "changes", "note": "Name the street.", "revision": self.posts[thing].revision_id}

    def _emergency(self, _: str) -> dict[str, Any]:
        return {"reason": "The gas is spreading towards the school."}

    def _emergency_sign(self, _: str) -> dict[str, Any]:
        return {"finding": "Justified."}

    def _absences(self, _: str) -> dict[str, Any]:
        days = {"starts_on": "2026-12-24", "ends_on": "2026-12-28"}
        return {"user": self.d.supervisor.pk, "deputy": self.d.smo.pk, **days}

    def _matrix(self, _: str) -> dict[str, Any]:
        return {"what": "kind:event", "asks": "two"}

    def _incidents(self, _: str) -> dict[str, Any]:
        return {"name": "Another fire", "division": self.d.northeast.pk}

    def _incident(self, _: str) -> dict[str, Any]:
        return {"kind": "note", "text": "Nobody is hurt."}

    def _incident_statement(self, _: str) -> dict[str, Any]:
        return {"statement": "aware", "division": self.d.northeast.pk}

    def _round(self, _: str) -> dict[str, Any]:
        return {"version": self.round.version, "act": "save", "answer-tone": "yes"}

    def _round_rhythm(self, _: str) -> dict[str, Any]:
        return {"every_days": 14}

    def _task(self, _: str) -> dict[str, Any]:
        return {"note": "Unpinned."}

    def _withdraw(self, _: str) -> dict[str, Any]:
        return {"ground": "illegal", "reason": "A court ordered it."}

    def _repeat_stop(self, _: str) -> dict[str, Any]:
        return {"reason": "The road is open again."}

    def _correct(self, _: str) -> dict[str, Any]:
        return {
            "was_wrong": "The wrong street.",
            "reason": "A reader told us.",
            "title": "Elm Street",
            "text": "It is Elm Street.",
        }

    def _correction(self, _: str) -> dict[str, Any]:
        return {"act": "refuse", "note": "The street was right."}

    def _withdrawal(self, _: str) -> dict[str, Any]:
        return {"act": "confirm"}

    def _retime(self, _: str) -> dict[str, Any]:
        return {"day": "2026-11-24", "clock": "19:00"}

    def _prove(self, _: str) -> dict[str, Any]:
        return {"link": "https://x.example/TestPD/1"}

    def _send_again(self, _: str) -> dict[str, Any]:
        return {"looked": "1"}

    def _hold_new(self, _: str) -> dict[str, Any]:
        return {"scope": "division", "division": self.d.northeast.pk, "reason": "A fire", "drill": "on"}

    def _hold_decide(self, _: str) -> dict[str, Any]:
        return {"act": "drop", "posts": [self.posts["held"].pk]}

    def _missed_decide(self, _: str) -> dict[str, Any]:
        return {"act": "drop", "deliveries": [self.deliveries["missed"].pk]}

    def _list_bring(self, _: str) -> dict[str, Any]:
        return {"addresses": "more@home.example", "note": "Signed the sheet at the meeting."}

    def _hook_endpoint(self, _: str) -> dict[str, Any]:
        return {"endpoint": "https://hooks.example/in"}

    def _subscribe(self, _: str) -> dict[str, Any]:
        return {"address": "another@home.example", "lists": [self.mail.pk]}

    def _subscribe_manage(self, _: str) -> dict[str, Any]:
        return {"lists": [self.mail.pk]}

    def _move_channel(self, _: str) -> dict[str, Any]:
        return {"to": "paused", "reason": "Moving house"}

    def _connect(self, _: str) -> dict[str, Any]:
        return {"division": "northeast", "platform": "facebook", "audience": "public", "mode": "sandbox"}

    def _reconnect(self, _: str) -> dict[str, Any]:
        return {"act": "sign_in"}

    def _disconnect(self, _: str) -> dict[str, Any]:
        return {"then": "hand_off", "reason": "The officer left."}

    def _register_declare(self, _: str) -> dict[str, Any]:
        return {"number": 5, "was": 4, "sure": "yes"}

    def _register_entry(self, _: str) -> dict[str, Any]:
        return {"read_hours": "Weekdays"}

    def _register_add_holder(self, _: str) -> dict[str, Any]:
        return {"user": self.d.supervisor.pk, "second_factor": "on"}

    def _channel_promise(self, _: str) -> dict[str, Any]:
        return {"cadence_days": 7}


def browser(column: str) -> Client:
    """A browser of the person of a column."""
    client, email = Client(), COLUMNS[column]
    if email is not None:
        client.force_login(User.objects.get(email=email), backend=BACKEND)
    return client


def _a_moderator_of_northeast() -> None:
    """The stock moderator is headquarters'; the table needs one of Northeast as well."""
    more = deepcopy(DEPARTMENT)
    more["people"].append({"email": MODERATOR, "name": "Moderator, Northeast"})
    more["memberships"].append(
        {"email": MODERATOR, "division": "northeast", "role": "moderator", "starts_on": "2025-01-01"}
    )
    load_department.load(more)
    User.objects.update(password=make_password(PASSWORD))  # whoever has none is offered other pages
