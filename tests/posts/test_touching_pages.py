"""The composer asks what the words point at: nothing typed is lost, one press or a few words answer it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from divisions.errors import BadInput
from divisions.services import training
from posts.kinds import Flag
from posts.models import BreakGlass, Draft, MatrixRow, Post, Revision
from posts.models.approving import Asks
from posts.selectors import approving
from posts.services import break_glass, compose, submit
from posts.services.compose import DraftInput
from posts.states import Stage
from tests import stories
from tests.posts.test_compose_pages import edit, form_of

pytestmark = pytest.mark.django_db
WORDS = "A juvenile was hurt at the pool. The pool is closed until noon."
WHY = "It is about a heron: the zoo calls it so."


@pytest.fixture
def draft(department: SimpleNamespace) -> Post:
    """The officer's saved draft, words that ask nothing."""
    return stories.draft(department.northeast, department.officer)


@pytest.fixture
def desk(officer: Any, as_: Any) -> Client:
    """The officer's browser."""
    return as_(officer)


def _submit(desk: Client, draft: Post, **changes: Any) -> Any:
    return desk.post(f"/desk/posts/{draft.pk}/submit/", form_of(draft, **({"text": WORDS} | changes)))


def test_an_author_who_forgets_the_box_is_asked_and_loses_nothing(desk: Client, draft: Post) -> None:
    answer = _submit(desk, draft)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“juvenile”: does it touch a child?" in page
    assert '<a href="#id_why-juvenile">' in page
    assert 'id="id_why-juvenile"' in page
    assert WORDS in page
    assert Draft.objects.get(post=draft).text == WORDS
    assert Post.objects.get(pk=draft.pk).stage == Stage.DRAFT


def test_one_press_ticks_the_box_and_two_have_to_approve(desk: Client, draft: Post) -> None:
    desk.post(edit(draft), form_of(draft, text=WORDS, cure="flag|juvenile"))
    assert Draft.objects.get(post=draft).flags == ["juvenile"]
    assert _submit(desk, draft, flags=["juvenile"]).status_code == 302
    revision = Revision.objects.get(post=draft)
    assert (revision.approvals_needed, approving.required(revision).seats) == (2, 2)
    assert revision.findings == []


def test_a_few_words_answer_it_in_one_step_and_the_reviewer_reads_them(
    desk: Client, draft: Post, supervisor: Any, as_: Any
) -> None:
    answer = _submit(desk, draft, **{"why-juvenile": WHY, "said-juvenile": "juvenile"})
    assert answer.status_code == 302
    revision = Revision.objects.get(post=draft)
    assert revision.approvals_needed == 1
    assert [(f["severity"], WHY in f["message"]) for f in revision.findings] == [("warning", True)]
    page = as_(supervisor).get(f"/desk/review/{draft.pk}/").content.decode()
    assert WHY in page
    assert "“juvenile”" in page


def test_an_answered_question_is_never_approved_together_with_others(desk: Client, draft: Post) -> None:
    _submit(desk, draft, **{"why-juvenile": WHY, "said-juvenile": "juvenile"})
    assert not approving.is_low_risk(Revision.objects.get(post=draft), approving.rules())


def test_a_trusted_kind_goes_to_a_reviewer_when_its_author_answered_no(desk: Client, draft: Post) -> None:
    MatrixRow.objects.create(kind="update", asks=Asks.DIRECT)
    _submit(desk, draft, **{"why-juvenile": WHY, "said-juvenile": "juvenile"})
    assert Post.objects.get(pk=draft.pk).stage == Stage.IN_REVIEW


@pytest.mark.parametrize("why", ["", "no", "   "])
def test_too_few_words_are_no_answer_and_stay_in_the_field(desk: Client, draft: Post, why: str) -> None:
    answer = _submit(desk, draft, **{"why-juvenile": why, "said-juvenile": "juvenile"})
    assert answer.status_code == 422
    assert f'value="{why.strip()}"' in answer.content.decode() or not why.strip()


def test_a_word_that_came_later_asks_again_and_the_answer_stays(desk: Client, draft: Post) -> None:
    later = {"text": f"{WORDS} A minor drove.", "why-juvenile": WHY, "said-juvenile": "juvenile"}
    page = _submit(desk, draft, **later)
    assert page.status_code == 422
    assert "“minor”: does it touch a child?" in page.content.decode()
    assert WHY in page.content.decode()
    assert 'value="minor"' in page.content.decode()
    assert _submit(desk, draft, **later | {"said-juvenile": ["juvenile", "minor"]}).status_code == 302


def test_the_questions_are_swapped_in_only_when_the_words_change(desk: Client, draft: Post) -> None:
    address = f"/desk/posts/{draft.pk}/preview/"
    first = desk.post(address, form_of(draft, text=WORDS, asked="")).content.decode()
    assert 'id="touching"' in first
    assert 'name="asked" value="juvenile:juvenile"' in first
    typing = form_of(
        draft, text=WORDS, asked="juvenile:juvenile", **{"why-juvenile": "It is", "said-juvenile": "juvenile"}
    )
    assert 'id="touching"' not in desk.post(address, typing).content.decode()


def test_what_was_answered_is_kept_while_the_words_are_away(desk: Client, draft: Post) -> None:
    desk.post(edit(draft), form_of(draft, text=WORDS, **{"why-juvenile": WHY, "said-juvenile": "juvenile"}))
    page = desk.get(edit(draft)).content.decode()
    assert f'value="{WHY}"' in page
    away = form_of(draft, text="The pool is closed.", **{"why-juvenile": WHY, "said-juvenile": "juvenile"})
    page = desk.post(f"/desk/posts/{draft.pk}/preview/", away | {"asked": "juvenile:juvenile"}).content.decode()
    assert f'<input type="hidden" name="why-juvenile" value="{WHY}">' in page


@pytest.mark.parametrize(
    "nonsense",
    [
        {"why-juvenile": "x" * 300},
        {"why-juvenile": "a\x00b", "said-juvenile": "juvenile"},
        {"why-juvenile": WHY, "said-juvenile": "y" * 5000},
        {"why-juvenile": WHY, "said-juvenile": "a\x00b | c"},
        {"why-nobody": WHY},
    ],
)
def test_nonsense_in_an_answer_is_refused_or_ignored_never_a_crash(
    desk: Client, draft: Post, nonsense: dict[str, str]
) -> None:
    assert _submit(desk, draft, **nonsense).status_code == 422
    assert desk.post(f"/desk/posts/{draft.pk}/preview/", form_of(draft, text=WORDS, **nonsense)).status_code == 200


def test_the_service_knows_no_other_flags_and_no_endless_answers(department: SimpleNamespace, draft: Post) -> None:
    def save(flag: str, why: str) -> None:
        data = DraftInput(kind="update", not_touched={flag: {"why": why, "words": []}})
        compose.save(post=draft, version=Draft.objects.get(post=draft).version, data=data, by=department.officer)

    for flag, why in (("nobody", WHY), (Flag.DEATH.value, "x" * 201)):
        with pytest.raises(BadInput):
            save(flag, why)
    save("death", WHY)
    assert Draft.objects.get(post=draft).not_touched == {"death": {"why": WHY, "words": []}}


def test_an_answer_is_not_part_of_what_is_hashed(department: SimpleNamespace) -> None:
    said = {"juvenile": {"why": WHY, "words": ["juvenile"]}}
    post = stories.draft(department.northeast, department.officer, text=WORDS, not_touched=said)
    revision = submit.submit(post=post, by=department.officer, now=stories.NOW)
    before = revision.content_hash
    Draft.objects.filter(post=post).update(not_touched={"juvenile": {"why": "Another reason.", "words": ["juvenile"]}})
    compose_again = stories.draft(department.northeast, department.officer, text=WORDS, flags=("juvenile",))
    other = submit.submit(post=compose_again, by=department.officer, now=stories.NOW)
    assert Revision.objects.get(pk=revision.pk).content_hash == before != other.content_hash


def test_an_emergency_does_not_wait_for_the_answer_and_whoever_signs_reads_the_question(
    department: SimpleNamespace, as_: Any
) -> None:
    days = {"trained_on": date(2026, 11, 2), "ends_on": date(2027, 11, 2)}
    who = {"user": department.officer, "division": department.northeast, "by": department.admin}
    training.give(**who, **days, now=stories.NOW)
    facts = {"do_now": "Stay inside."}
    post = stories.draft(
        department.northeast,
        department.officer,
        kind="safety_alert",
        text="A child was shot. Stay inside.",
        facts=facts,
    )
    break_glass.publish(post=post, by=department.officer, reason="A shooter is at large in the block.", now=stories.NOW)
    assert BreakGlass.objects.count() == 1
    assert [f["code"] for f in Revision.objects.get(post=post).findings if f["severity"] == "stop"] == ["TOUCHES"]
    page = as_(department.supervisor).get(f"/desk/posts/{post.pk}/").content.decode()
    assert "“child”: does it touch a child?" in page
