"""Sixty days before a platform stops answering the version we speak, whoever manages the accounts is told, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from config.doctor import accounts
from config.doctor.seen import State
from connectors import facebook_graph, registry, versions
from divisions.models import Channel
from divisions.services import api_versions
from tests import told

pytestmark = pytest.mark.django_db
SOON = datetime(2026, 12, 1, tzinfo=UTC)
ENDS = date(2028, 7, 29)
MOMENT = datetime(2028, 5, 30, 18, 0, tzinfo=UTC)  # 60 days before


def test_the_table_names_what_the_connectors_speak() -> None:
    assert versions.VERSIONS["facebook"].name == f"Graph {facebook_graph.VERSION}"
    assert versions.VERSIONS["facebook"].ends_on == versions.GRAPH_ENDS[facebook_graph.VERSION]
    speak = {info.slug for info in registry.PLATFORMS if not info.own and not info.hand_off_only}
    assert set(versions.VERSIONS) == speak - {"email"}  # mail has no version that ends


def test_it_is_said_once_and_sixty_days_ahead(department: SimpleNamespace) -> None:
    Channel.objects.filter(platform="facebook").update(mode="sandbox")
    assert api_versions.warn(now=MOMENT - timedelta(days=1)) == 0
    for days in (0, 1, 2):
        assert api_versions.warn(now=MOMENT + timedelta(days=days)) == 1
    assert told.names("account_broken", key="api-version-Graph v25.0") == {"smo", "admin"}
    assert "29 July 2028" in next(letter.subject for letter in told.letters(MOMENT))


def test_accounts_by_hand_speak_no_version(department: SimpleNamespace) -> None:
    Channel.objects.update(mode="hand_off")
    assert api_versions.ending(ENDS) == {}


@pytest.mark.parametrize(
    ("settings", "moment", "state", "says"),
    [
        ({}, MOMENT - timedelta(days=1), State.OK, "no version ends"),
        ({}, MOMENT, State.WARNING, "Graph v25.0 ends on 2028-07-29"),
        ({}, MOMENT + timedelta(days=60), State.STOP, "no longer answered"),
        (
            {"graph_version": "v21.0"},
            datetime(2026, 12, 1, tzinfo=UTC),
            State.WARNING,
            "Graph v21.0 ends on 2027-01-21",
        ),
        ({"graph_version": "v99.0"}, SOON, State.WARNING, "Graph v99.0 is unknown to us"),
    ],
)
def test_the_doctor_says_so(
    department: SimpleNamespace, settings: dict[str, str], moment: datetime, state: State, says: str
) -> None:
    Channel.objects.filter(platform="facebook").update(mode="sandbox", settings=settings)
    seen = accounts.api_versions(moment)
    assert (seen.state, says in seen.seen) == (state, True)
