"""Ninety days of check rounds of the demo's accounts, with known gaps: which are late today stands in LAST_SIGNED.

Opened and signed by the real services with `now=`. What was answered then is written here, all of a day at once (thirty
days of posts cannot answer for ninety); what is open today is looked at for real.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from divisions.models import Channel, User
from moderation.checks import EVERY_DAYS, LINKS_BACK
from moderation.models import CheckItem, CheckRound, Task
from moderation.selectors import rounds as selectors
from moderation.services import findings, look, rounds
from moderation.services.rounds import Typed
from moderation.states import Answer, AskedOf

WEEKS = 13
# How many days ago an account was last signed for; more than seven is late today. The others: two days ago.
LAST_SIGNED = {
    "facebook-southwest": 20,  # nobody is on duty there, and nobody looked either
    "nixle": 16,
    "x-dpdchief": 9,
    "facebook-northeast": 6,  # due tomorrow: open for answers
    "facebook-central": 6,
}
USUALLY = 2
WEEK = timedelta(days=EVERY_DAYS)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a round found wrong so many weeks before the account's last one; `done` empty = the task is still open."""

    account: str
    weeks: int
    code: str
    note: str
    done: str = ""


FINDINGS = (
    Finding("facebook-southwest", 0, "pinned", "Summer hours are over. Unpin, pin the holiday hours."),
    Finding("facebook-southwest", 3, "replies", "Two questions waited nine days.", "Both answered, with an apology."),
    Finding("facebook-northeast", 1, "runs", "The page does not say when it is read.", "Hours are in its first line."),
    Finding("facebook-northeast", 6, "officers", "A new face in the parade picture.", "Asked; fine with being shown."),
    Finding("facebook-central", 0, "appeals", "The bicycle appeal of last spring still stands open."),
    Finding("x-dallaspd", 4, "tone", "A joke under a road closure.", "Spoken about at the meeting."),
    Finding("youtube", 2, "name", "The old crest is in the header.", "Replaced."),
    Finding("nixle", 5, "inside", "A radio code went out to the public.", "Explained to the desk; a note is pinned."),
)


def tell(*, now: datetime) -> None:
    """Sign thirteen weeks of rounds for every account, then open what is due today and look at it."""
    signer = User.objects.get(email="smo@demo.example")
    accounts = list(selectors.checked())
    days: dict[datetime, dict[int, int]] = {}  # moment -> the accounts signed then, and their weeks before the last
    for channel in accounts:
        last = now - timedelta(days=LAST_SIGNED.get(channel.slug, USUALLY))
        channel.created_at = last - WEEKS * WEEK  # a week before its first round was due
        for weeks in range(WEEKS):
            days.setdefault(last - weeks * WEEK, {})[channel.pk] = weeks
    Channel.objects.bulk_update(accounts, ["created_at"])
    for moment, weeks_of in sorted(days.items()):
        rounds.open_due(now=moment)
        _sign(weeks_of, signer, moment)
    rounds.open_due(now=now)
    look.look_at_new(now=now)


def _sign(weeks_of: dict[int, int], by: User, now: datetime) -> None:
    """Answer and sign the open rounds of some accounts; what they found was put right within three days."""
    opened = CheckRound.objects.filter(channel__in=weeks_of, signed_at__isnull=True)
    rows = list(opened.select_related("channel__division"))
    items = CheckItem.objects.filter(round__in=rows)
    items.filter(asked_of=AskedOf.PERSON).update(answer=Answer.YES, answered_by=by, answered_at=now)
    items.filter(asked_of=AskedOf.SYSTEM).update(answer=Answer.YES, detail="", answered_at=now)
    items.filter(code="policy").update(answer=Answer.NA, detail="No comment policy is published yet.")
    items.filter(code=LINKS_BACK).update(detail="Both ways.")
    found = [
        (row, finding)
        for row in rows
        for finding in FINDINGS
        if (finding.account, finding.weeks) == (row.channel.slug, weeks_of[row.channel_id])
    ]
    for row, finding in found:
        typed = {finding.code: Typed(answer="no", note=finding.note)}
        rounds.save(row=row, version=row.version, typed=typed, by=by, now=now)
    rounds.sign_several(rows=rows, by=by, now=now)
    for row, finding in found:
        if finding.done:
            task = Task.objects.get(item__round=row, code=finding.code)
            findings.done(task=task, note=finding.done, by=by, now=now + timedelta(days=2, hours=5))
