"""Settings are read with types, and a value that cannot be used says which, why and what to do."""

from pathlib import Path

import pytest

from config import env

FERNET = "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE="


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    def give(value: str, name: str = "THING") -> None:
        monkeypatch.setenv(name, value)

    return give


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_a_flag_is_read(given, value, meaning):
    given(value)
    assert env.flag("THING") is meaning


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env.flag("THING"), "perhaps"),
        (lambda: env.number("THING", 20), "twenty"),
        (lambda: env.number("THING", 20), "nan"),
        (lambda: env.number("THING", 20, least=1), "0.5"),
        (lambda: env.whole("THING", 8), "8.5"),
        (lambda: env.whole("THING", 8, most=65535), "70000"),
        (lambda: env.numbers("THING", "30,300"), "300,30"),
        (lambda: env.numbers("THING", "30,300"), "30,,300"),
        (lambda: env.host_ports("THING"), "127.0.0.1"),
        (lambda: env.host_ports("THING"), "127.0.0.1:99999"),
        (lambda: env.address("THING", "http://a"), "ftp://a"),
        (lambda: env.address("THING", "http://a"), "http://a?b=c"),
        (lambda: env.folder("THING", Path("/srv")), "some/where"),
        (lambda: env.folder("THING", Path("/srv")), "s3://bucket"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_cure(given, read, value):
    given(value)
    with pytest.raises(env.SettingError, match=r"THING: .*Cure: .+"):
        read()


def test_unset_and_empty_give_the_default(given):
    assert env.number("THING", 20) == 20
    given(" ")
    assert env.whole("THING", 8) == 8
    assert env.numbers("THING", "1,2") == (1, 2)


def test_a_required_value_that_is_absent_says_so_without_showing_others():
    with pytest.raises(env.SettingError, match=r"SECRET_THING: is not set\. Cure: make one"):
        env.required("SECRET_THING", cure="make one")


def test_a_database_address_becomes_fields():
    fields = env.database("postgresql://us%40er:p%2Fw@db.example:5439/sub?sslmode=require")
    assert (fields["USER"], fields["PASSWORD"]) == ("us@er", "p/w")
    assert (fields["HOST"], fields["PORT"], fields["NAME"]) == ("db.example", "5439", "sub")
    assert fields["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("url", ["sqlite:///db", "postgresql://host", "postgresql://u:secret@h:port/x"])
def test_a_database_address_that_cannot_be_used_never_shows_its_password(url):
    with pytest.raises(env.SettingError, match="DATABASE_URL") as caught:
        env.database(url)
    assert "secret" not in str(caught.value)


def test_mail_addresses_choose_a_way_of_sending():
    assert env.email("console:")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert env.email("file:/some/folder")["EMAIL_FILE_PATH"] == Path("/some/folder")
    sent = env.email("smtp+tls://us%40er:pw@mail.example")
    assert (sent["EMAIL_PORT"], sent["EMAIL_USE_TLS"], sent["EMAIL_HOST_USER"]) == (587, True, "us@er")
    with pytest.raises(env.SettingError, match="EMAIL_URL"):
        env.email("pigeon://roof")


def test_field_keys_are_checked_one_by_one_and_never_shown():
    assert env.field_keys("FIELD_KEYS", f"{FERNET},{FERNET}") == (FERNET, FERNET)
    with pytest.raises(env.SettingError, match="key 2 is no Fernet key") as caught:
        env.field_keys("FIELD_KEYS", f"{FERNET},too-short")
    assert "too-short" not in str(caught.value)


def test_a_redis_address_is_recognised():
    assert env.redis("redis://h:1/0") == "redis://h:1/0"
    with pytest.raises(env.SettingError, match="REDIS_URL"):
        env.redis("http://h:1")
