"""The ledger in Django admin is read, searched and never written, whoever asks (P11)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from divisions.models import User
from divisions.services import people
from records.models import LedgerEntry

LIST = "/admin/records/ledgerentry/"


@pytest.fixture
def root(as_: Any, superuser: User) -> Client:
    """A browser of a superuser."""
    return as_(superuser)


def stored() -> list[dict[str, Any]]:
    return list(LedgerEntry.objects.order_by("seq").values())


def test_p11_a_superuser_adds_changes_and_deletes_no_entry(root: Client):
    before = stored()
    entry = LedgerEntry.objects.first()
    assert entry is not None
    form = {"actor_label": "Somebody else", "type": "a.b.c", "data": "{}", "_save": "Save", "post": "yes"}
    assert root.post(f"{LIST}add/", form).status_code == 403
    assert root.post(reverse("admin:records_ledgerentry_change", args=[entry.pk]), form).status_code == 403
    assert root.post(reverse("admin:records_ledgerentry_delete", args=[entry.pk]), form).status_code == 403
    root.post(LIST, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert stored() == before


def test_an_entry_is_found_and_read(root: Client, department: SimpleNamespace):
    person = people.create_person(email="found@test.example", name="Officer, found", by=None)
    words = root.get(LIST, {"q": "divisions.person"}).content.decode()
    assert "divisions.person.created" in words
    assert "divisions.membership.granted" not in words
    assert f"person {person.pk}" in root.get(LIST, {"q": str(person.pk)}).content.decode()
    entry = LedgerEntry.objects.filter(subject_type="person", subject_id=str(person.pk)).get()
    page = root.get(reverse("admin:records_ledgerentry_change", args=[entry.pk])).content.decode()
    assert "found@test.example" in page
    assert 'name="_save"' not in page


def test_filters_narrow_the_list(root: Client):
    day = timezone.now().date()
    asked = {"type__icontains": "link", "occurred_at_from_0": str(day), "occurred_at_from_1": "00:00:00"}
    words = root.get(LIST, asked).content.decode()
    assert "divisions.link.made" in words
    assert "divisions.person.created" not in words


def test_the_list_never_counts_the_whole_ledger(root: Client):
    root.get(LIST)
    with CaptureQueriesContext(connection) as seen:
        root.get(LIST)
    assert not any("COUNT(" in q["sql"] and "ledgerentry" in q["sql"] for q in seen.captured_queries)


def test_who_may_read_the_ledger_reads_it_here_too_once_staff(as_: Any, department: SimpleNamespace):
    for name, status in (("auditor", 200), ("records", 200), ("smo", 403), ("officer", 403)):
        person = getattr(department, name)
        User.objects.filter(pk=person.pk).update(is_staff=True)
        assert as_(User.objects.get(pk=person.pk)).get(LIST).status_code == status, name


def test_who_is_no_staff_is_sent_away(as_: Any, department: SimpleNamespace):
    assert as_(department.auditor).get(LIST).status_code in (302, 403)
