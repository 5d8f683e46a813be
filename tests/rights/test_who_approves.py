"""Every role x kind x stage x author or other: who can approve, made from the roles themselves, not by hand."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, Refusal, WrongMoment
from divisions.models import User
from divisions.permissions import ROLES, Right
from divisions.services import people
from posts.errors import OwnWork
from posts.kinds import SPECS, Kind
from posts.models import Approval, Post, Revision
from posts.services import review
from posts.states import Stage
from tests.stories import NOW, submitted

SOON = NOW + timedelta(minutes=1)
FACTS: dict[str, Any] = {"moment": "2026-11-25T18:00", "phone": "214-555-0148", "choice": "witness"}


@pytest.fixture
def cast(department: SimpleNamespace) -> dict[str, tuple[User, frozenset[Right], bool]]:
    """A person for each role, here and in Central, and one without any: name -> person, rights, whether here."""
    d, found = department, {}
    for spec in ROLES:
        for place, here in ((d.northeast, True), (d.central, False)):
            name = f"{spec.code}.{place.slug}"
            person = User.objects.create_user(f"{name}@test.example", name=name)
            people.grant(user=person, division=place, role=spec.code, starts_on=NOW.date(), by=None)
            found[name] = (person, spec.rights, here)
    nobody = User.objects.create_superuser("nobody@test.example", "a sentence that opens nothing", name="Nobody")
    found["superuser without membership"] = (nobody, frozenset(), False)
    return found


def _expected(rights: frozenset[Right], *, here: bool, stage: str, own: bool) -> type[Refusal] | None:
    """What the model says, in its own order: does it exist for you, may you, is it your own, is it the moment."""
    if not here or not rights & {Right.VIEW_DIVISION, Right.VIEW_ALL}:
        return NotVisible
    if Right.REVIEW_POST not in rights:
        return NotAllowed
    if own:
        return OwnWork
    return None if stage == Stage.IN_REVIEW else WrongMoment


@pytest.mark.parametrize("kind", Kind.values)
def test_who_approves(department: SimpleNamespace, cast: dict[str, Any], kind: str) -> None:
    d = department
    internal = SPECS[kind].internal_only
    facts = {f.name: FACTS.get(f.type, "As it was") for f in SPECS[kind].facts if f.required}
    more: dict[str, Any] = {"expires_on": (NOW + timedelta(days=30)).date()} if SPECS[kind].needs_expiry else {}
    revision = submitted(
        d.northeast,
        d.officer,
        kind=kind,
        audience="internal" if internal else "public",
        facts=facts,
        channels=[d.northeast_internal if internal else d.northeast_website],
        **more,
    )
    wrong = []
    for stage in Stage.values:
        for name, (person, rights, here) in cast.items():
            for own in (False, True):
                got = _try(revision, person, stage, own)
                expected = _expected(rights, here=here, stage=stage, own=own)
                if got is not expected:
                    wrong.append(f"{name}, {stage}, {'own' if own else 'other'}: {got} instead of {expected}")
    assert wrong == []


def _try(revision: Revision, person: User, stage: str, own: bool) -> type[Refusal] | None:
    """What `approve` answers in a stage, taken back afterwards."""
    with transaction.atomic():
        author = person if own else revision.post.author
        Post.objects.filter(pk=revision.post_id).update(stage=stage, author=author)
        try:
            review.approve(revision=Revision.objects.get(pk=revision.pk), by=person, now=SOON)
            assert Approval.objects.filter(revision=revision, approved_by=person).exists()
            answer = None
        except BadInput:
            raise
        except Refusal as refusal:
            answer = type(refusal)
        transaction.set_rollback(True)
    return answer


def test_the_people_of_the_matrix_have_the_rights_that_the_rows_say(cast: dict[str, Any]) -> None:
    for person, expected, _ in cast.values():
        held = {Right(right) for grant in access.rights(person).grants for right in grant.rights}
        assert held == expected
