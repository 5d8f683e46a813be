"""Secrets are cut out wherever text is kept."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from connectors.guard import is_private
from connectors.redaction import CUT, redact

secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


@given(st.text(max_size=60), secrets, st.text(max_size=60))
def test_a_known_secret_is_cut_plain_and_quoted(before: str, secret: str, after: str) -> None:
    for form in (secret, quote(secret, safe="")):
        cut = redact(f"{before}\n{form}\n{after}", [secret])
        assert form not in cut.replace(CUT, "") or form in before + after


def test_token_like_text_is_cut_without_knowing_it() -> None:
    for text in (
        "Authorization: Bearer abcdefghijkl",
        "https://a.example/?access_token=abcdefghijkl&x=1",
        '{"refresh_token": "abcdefghijkl"}',
        'OAuth oauth_consumer_key="abcdefghijkl"',
        "password=abcdefghijkl",
    ):
        assert "abcdefghijkl" not in redact(text)


def test_ordinary_words_stay() -> None:
    for text in (
        '{"error": {"message": "Page not found", "type": "OAuthException", "code": 100}}',
        "Invalid OAuth access token. The bearer of this note may pass.",
    ):
        assert redact(text, ["", "ok"]) == text


@given(st.ip_addresses(v=4))
def test_an_address_is_as_private_in_every_disguise(address: object) -> None:
    plain = str(address)
    number = int(address)  # type: ignore[call-overload]
    disguises = (f"::ffff:{plain}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}")
    assert all(is_private(disguise) == is_private(plain) for disguise in disguises)
