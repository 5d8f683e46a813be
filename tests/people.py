"""The stock department of the tests: two substations below headquarters, three stock people, and a few more.

`officer` and `supervisor` belong to Northeast, `stranger` is the officer of the substation named Central: what one of
the first two may see, the third must not. Loaded through the same service as a real department.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from divisions.models import AccountHolder, AccountRecord, Channel, Division, User
from divisions.services import load_department
from divisions.states import NOT_ACCOUNTS
from tests import replay

BACKEND = "django.contrib.auth.backends.ModelBackend"
PASSWORD = "a sentence that opens the tests"
LONG_AGO = datetime(2025, 1, 1, 15, tzinfo=UTC)

DEPARTMENT: dict[str, Any] = {
    "department": {
        "name": "Test Police Department",
        "short_name": "Test PD",
        "crest_letters": "TPD",
        "zone": "America/Chicago",
        "declared_accounts": 4,
    },
    "divisions": [
        {"slug": "headquarters", "name": "Headquarters", "short_name": "Headquarters"},
        {"slug": "northeast", "name": "Northeast Patrol Division", "short_name": "Northeast", "parent": "headquarters"},
        {"slug": "central", "name": "Central Patrol Division", "short_name": "Central", "parent": "headquarters"},
    ],
    "people": [
        {"email": f"{name}@test.example", "name": label}
        for name, label in (
            ("officer", "Officer, Northeast"),
            ("colleague", "Second officer, Northeast"),
            ("supervisor", "Supervisor, Northeast"),
            ("stranger", "Officer, Central"),
            ("boss", "Supervisor, Headquarters"),
            ("smo", "Social media officer"),
            ("admin", "Administrator"),
            ("records", "Records officer"),
            ("auditor", "Auditor"),
            ("moderator", "Moderator"),
        )
    ],
    "channels": [
        {
            "slug": "facebook-northeast",
            "division": "northeast",
            "platform": "facebook",
            "handle": "TPDNortheast",
            "url": "https://facebook.example/TPDNortheast",
            "mode": "sandbox",
            "remote_id": "1001",
            "cadence_days": 5,
            "duty": "officer@test.example",
        },
        {
            "slug": "facebook-central",
            "division": "central",
            "platform": "facebook",
            "handle": "TPDCentral",
            "url": "https://facebook.example/TPDCentral",
            "mode": "sandbox",
            "remote_id": "1002",
            "cadence_days": 5,
        },
        {
            "slug": "x-department",
            "division": "headquarters",
            "platform": "x",
            "name": "Test Police Department",
            "handle": "TestPD",
            "url": "https://x.example/TestPD",
            "mode": "sandbox",
            "remote_id": "2001",
            "cadence_days": 1,
        },
        {
            "slug": "x-staff",
            "division": "headquarters",
            "platform": "x",
            "name": "Departmental use only",
            "handle": "TestPDStaff",
            "url": "https://x.example/TestPDStaff",
            "audience": "internal",
            "mode": "sandbox",
            "remote_id": "2002",
            "settings": {"protected": True, "follower_token": "staff-follower"},
        },
        {
            "slug": "nixle",
            "division": "headquarters",
            "platform": "nixle",
            "handle": "test-police-department",
            "url": "https://nixle.example/test-police-department",
            "mode": "hand_off",
        },
    ],
    "memberships": [
        {"email": f"{who}@test.example", "division": where, "role": role, "starts_on": "2025-01-01"}
        for who, where, role in (
            ("officer", "northeast", "officer"),
            ("colleague", "northeast", "officer"),
            ("supervisor", "northeast", "supervisor"),
            ("stranger", "central", "officer"),
            ("boss", "headquarters", "supervisor"),
            ("smo", "headquarters", "central_officer"),
            ("admin", "headquarters", "administrator"),
            ("records", "headquarters", "records_officer"),
            ("auditor", "headquarters", "auditor"),
            ("moderator", "headquarters", "moderator"),
        )
    ],
    "links": [
        {"from": "facebook-northeast", "to": "x-department", "approver": "source"},
        {"from": "facebook-central", "to": "x-department", "approver": "source"},
    ],
}


@pytest.fixture
def department(db: None) -> SimpleNamespace:
    """The stock department; attributes are its people, divisions and channels by their plain names."""
    return stock()


def stock() -> SimpleNamespace:
    """Load the stock department: what `department` gives, for tests that commit (transaction=True)."""
    replay.write(_load)
    people = {user.email.split("@")[0]: user for user in User.objects.all()}
    places = {division.slug: division for division in Division.objects.all()}
    channels = {c.slug.replace("-", "_"): c for c in Channel.objects.select_related("division")}
    return SimpleNamespace(**people, **places, **channels, channels=channels)


def _load() -> None:
    load_department.load(DEPARTMENT)
    registered()


def registered() -> None:
    """A whole entry in the register for every account that has none, held by two people since before any story."""
    two = list(User.objects.filter(email__in=["smo@test.example", "admin@test.example"]).order_by("pk"))
    accounts = list(Channel.objects.filter(record=None).exclude(platform__in=NOT_ACCOUNTS))
    AccountRecord.objects.bulk_create(
        AccountRecord(
            channel=channel,
            owner=two[0],
            opened_on=date(2011, 3, 1),
            recovery="accounts@test.example",
            public_email="desk@test.example",
            public_phone="214-555-0199",
            contact_url="https://test.example/contact/",
            policy_url="https://test.example/policy/",
            listed_url="https://test.example/official/",
            links_back=True,
            read_hours="Weekdays, 8 a.m. to 6 p.m.",
            changed_at=LONG_AGO,
        )
        for channel in accounts
    )
    AccountHolder.objects.bulk_create(
        AccountHolder(channel=channel, user=user, second_factor=True, added_at=LONG_AGO)
        for channel in accounts
        for user in two
    )


def _person(name: str) -> Any:
    def fixture(department: SimpleNamespace) -> User:
        return getattr(department, name)  # type: ignore[no-any-return]

    fixture.__doc__ = f"The stock person `{name}`."
    return pytest.fixture(name=name)(fixture)


officer = _person("officer")
colleague = _person("colleague")
supervisor = _person("supervisor")
stranger = _person("stranger")
smo = _person("smo")
northeast = _person("northeast")
central = _person("central")
headquarters = _person("headquarters")


@pytest.fixture
def superuser(department: SimpleNamespace) -> User:
    """Somebody who may use all of Django admin and has no membership at all."""
    return User.objects.create_superuser("root@test.example", PASSWORD, name="Superuser")


@pytest.fixture
def as_(client: Client) -> Any:
    """`as_(person)` gives a client signed in as that person."""

    def signed_in(person: User) -> Client:
        fresh = Client()
        fresh.force_login(person, backend=BACKEND)
        return fresh

    return signed_in
