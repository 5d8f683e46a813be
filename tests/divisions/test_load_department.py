"""`load_department`: idempotent, all or nothing, and it names what is wrong."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from divisions.errors import BadInput
from divisions.models import Channel, Department, Division, LinkRule, Membership, User
from divisions.services import load_department
from divisions.services.credentials import open_for, seal
from divisions.states import OWN_PLATFORMS
from records.models import LedgerEntry
from tests.people import DEPARTMENT

pytestmark = pytest.mark.django_db


def test_a_second_load_changes_nothing() -> None:
    first = load_department.load(DEPARTMENT)
    assert first.made == {
        "divisions": 3,
        "people": 10,
        "channels": 5,
        "memberships": 10,
        "links": 2,
    }
    before = LedgerEntry.objects.count()
    second = load_department.load(DEPARTMENT)
    assert (second.made, second.changed, second.absent) == ({}, {}, [])
    assert LedgerEntry.objects.count() == before


def test_a_division_comes_with_its_own_channels() -> None:
    load_department.load(DEPARTMENT)
    assert Channel.objects.filter(platform__in=OWN_PLATFORMS).count() == 3 * Division.objects.count()
    assert Channel.objects.exclude(platform__in=OWN_PLATFORMS).count() == 5


def test_a_changed_row_is_changed_and_an_absent_one_is_reported_not_deleted() -> None:
    load_department.load(DEPARTMENT)
    data = copy.deepcopy(DEPARTMENT)
    data["divisions"][1]["intro"] = "We patrol the northeast."
    data["channels"].pop()
    report = load_department.load(data)
    assert report.changed == {"divisions": 1}
    assert report.absent == ["channel nixle"]
    assert Channel.objects.filter(slug="nixle").exists()


def _set(*path: Any) -> Any:
    *where, value = path

    def change(data: dict[str, Any]) -> None:
        target: Any = data
        for key in where[:-1]:
            target = target[key]
        target[where[-1]] = value

    return change


BAD = {
    "a part nobody knows": (_set("colours", []), "colours"),
    "a zone nobody knows": (_set("department", "zone", "America/Dallas"), "department.zone"),
    "a key nobody knows": (_set("people", 0, "age", 40), "people[0].age"),
    "a missing key": (lambda data: data["channels"][0].pop("platform"), "channels[0].platform"),
    "an unknown platform": (_set("channels", 0, "platform", "myspace"), "channels[0].platform"),
    "an own platform": (_set("channels", 0, "platform", "website"), "channels[0].platform"),
    "an unknown division": (_set("channels", 0, "division", "west"), "channels[0].division"),
    "an unknown role": (_set("memberships", 0, "role", "king"), "memberships[0].role"),
    "a date that is none": (_set("memberships", 0, "starts_on", "soon"), "memberships[0].starts_on"),
    "a reserved slug": (_set("divisions", 2, "slug", "desk"), "divisions[2]."),
    "a malformed slug": (_set("divisions", 2, "slug", "North East"), "divisions[2].slug"),
    "two accounts of one name": (_set("channels", 1, "handle", "TPDNortheast"), "channels[1]."),
    "a chain of links": (
        lambda data: data["links"].append({"from": "x-department", "to": "nixle"}),
        "links[2].target",
    ),
    "an owner nobody knows": (_set("channels", 0, "record", {"owner": "no@x.example"}), "channels[0].record.owner"),
    "a day that is none": (_set("channels", 0, "record", {"opened_on": "long ago"}), "channels[0].record.opened_on"),
    "a fact nobody keeps": (_set("channels", 0, "record", {"colour": "blue"}), "channels[0].colour"),
    "an entry that is a list": (_set("channels", 0, "record", ["smo"]), "channels[0].record"),
    "a holder without a name": (_set("channels", 0, "holders", [{"second_factor": True}]), "channels[0].holders"),
    "a holder nobody knows": (_set("channels", 0, "holders", [{"email": "no@x.example"}]), "channels[0].holders"),
    "public to staff": (lambda data: data["links"].append({"from": "facebook-central", "to": "x-staff"}), "links[2]"),
}


@pytest.mark.parametrize(("change", "field"), BAD.values(), ids=BAD)
def test_bad_input_is_named_and_nothing_is_loaded(change: Any, field: str) -> None:
    data = copy.deepcopy(DEPARTMENT)
    change(data)
    with pytest.raises(BadInput) as refusal:
        load_department.load(data)
    assert refusal.value.field.startswith(field)
    for model in (Department, Division, User, Channel, Membership, LinkRule):
        assert not model.objects.exists()


def test_the_command_exits_2_and_names_the_field(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    data = copy.deepcopy(DEPARTMENT)
    data["channels"][0]["mode"] = "loud"
    file = tmp_path / "department.yaml"
    file.write_text(yaml.safe_dump(data))
    with pytest.raises(SystemExit) as stop:
        call_command("load_department", file)
    assert stop.value.code == 2
    assert "channels[0].mode" in capsys.readouterr().err


def test_credentials_are_ciphertext_in_the_database_and_absent_from_the_ledger() -> None:
    from divisions.services import channels

    load_department.load(DEPARTMENT)
    channel = Channel.objects.get(slug="x-department")
    channels.set_credentials(channel=channel, secrets={"access_token": "very-secret"}, by=None)
    row = Channel.objects.get(pk=channel.pk)
    assert "very-secret" not in row.credentials
    assert open_for(row) == {"access_token": "very-secret"}
    assert "very-secret" not in str(list(LedgerEntry.objects.values_list("data", flat=True)))
    assert seal({}) == ""


def test_a_lost_key_is_named_with_its_cure(settings: Any) -> None:
    from cryptography.fernet import Fernet

    load_department.load(DEPARTMENT)
    channel = Channel.objects.get(slug="x-department")
    channel.credentials = seal({"access_token": "t"})
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(BadInput, match="FIELD_KEYS"):
        open_for(channel)


def test_a_register_entry_and_holders_come_with_a_channel_and_twice_changes_nothing() -> None:
    data = copy.deepcopy(DEPARTMENT)
    data["channels"][0]["record"] = {
        "owner": "Supervisor@test.example",
        "opened_on": "2011-03-24",
        "recovery": "accounts@test.example",
        "links_back": False,
        "read_hours": "Weekdays",
    }
    two = [{"email": "smo@test.example", "second_factor": True}, {"email": "admin@test.example"}]
    data["channels"][0]["holders"] = two
    load_department.load(data)
    channel = Channel.objects.select_related("record__owner").get(slug="facebook-northeast")
    assert (channel.record.owner.email, channel.record.opened_on.year) == ("supervisor@test.example", 2011)
    assert channel.record.links_back is False
    assert list(channel.holders.values_list("user__email", "second_factor")) == [
        ("smo@test.example", True),
        ("admin@test.example", False),
    ]
    before = LedgerEntry.objects.count()
    second = load_department.load(data)
    assert (second.made, second.changed) == ({}, {})
    assert LedgerEntry.objects.count() == before
    data["channels"][0]["holders"][1]["second_factor"] = True
    assert load_department.load(data).changed == {"channels": 1}
    assert channel.holders.filter(removed_at=None, second_factor=True).count() == 2
