"""Comments below the demo's posts: some answered, a few that wait, one too long; strangers go by what they do.

Written into the sandbox network and read from there by the real service, so that an untouched day starts with facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.demo import mirror
from divisions.models import User
from moderation.models import CommentWatch, Contribution
from moderation.services import contributions, reading
from moderation.states import Answered
from posts.models import Delivery
from posts.states import Act, DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One comment: below which post, when; `answer` = ours below it an hour later; `settled` = who needs no answer."""

    channel: str
    title: str
    hours_ago: float
    author: str
    text: str
    answer: str = ""
    settled: str = ""


SAID = (
    Said(
        channel="facebook-southeast",
        title="You showed us 14 dark lamps. 12 are on again",
        hours_ago=28,
        author="Night shift nurse",
        text="The two by the bus stop on Harlan Road are the ones I walk past at five. When will those be done?",
    ),
    Said(
        channel="facebook-southeast",
        title="You showed us 14 dark lamps. 12 are on again",
        hours_ago=26,
        author="Corner store on Harlan Road",
        text="Thank you! You can see the crossing again.",
        settled="officer.southeast@demo.example",
    ),
    Said(
        channel="facebook-northeast",
        title="Thirty-one winters at one crossing",
        hours_ago=10,
        author="Parent of two",
        text="She walked me across in 1999 and my girls last week. Where can we send a card?",
    ),
    Said(
        channel="facebook-northeast",
        title="Water main break: stay off Brookmere Drive this afternoon",
        hours_ago=50,
        author="Delivery driver",
        text="Is Tansy Street open in both directions?",
        answer="It is, with a flagger at the school. Brookmere Drive opens again at six.",
    ),
    Said(
        channel="facebook",
        title="Night buses have an officer on board again",
        hours_ago=3,
        author="Rider of the last bus",
        text="Which lines, and on Sundays too?",
    ),
    Said(
        channel="x-dallaspd",
        title="She knows 200 people by name",
        hours_ago=5,
        author="downtown_regular",
        text="Can she come to our block meeting?",
    ),
    Said(
        channel="facebook-central",
        title="Garage B: we listened, and walked up every floor",
        hours_ago=70,
        author="Parks on level 4",
        text="The light at the north stairs flickers again.",
        answer="Thank you, the city electrician has it on the list for tomorrow.",
    ),
)


def tell(*, now: datetime) -> None:
    """Write what was said below the posts that are out, read it, and let officers settle what needs no answer."""
    for said in SAID:
        mirror.say(_below(said), _on_the_network(said, now))
    reading.enrol(now=now)
    CommentWatch.objects.update(next_at=now)
    reading.read_due(now=now, most=100)
    for said in SAID:
        if said.settled:
            row = Contribution.objects.get(channel__slug=said.channel, author=said.author)
            by, at = User.objects.get(email=said.settled), now - timedelta(hours=said.hours_ago - 2)
            contributions.answer(contribution=row, how=Answered.NOT_NEEDED, by=by, now=at)


def _below(said: Said) -> Delivery:
    rows = Delivery.objects.filter(act=Act.PUBLISH, state=DeliveryState.DELIVERED).select_related("channel")
    return rows.get(channel__slug=said.channel, post__title=said.title)


def _on_the_network(said: Said, now: datetime) -> dict[str, object]:
    at = now - timedelta(hours=said.hours_ago)
    words: dict[str, object] = {"author": said.author, "text": said.text, "created_at": at.isoformat()}
    if said.answer:
        words["answer"] = {"text": said.answer, "created_at": (at + timedelta(hours=1)).isoformat()}
    return words
