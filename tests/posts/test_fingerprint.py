"""The short way to the content hash gives what the long way gives: hashes that are stored must never change."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from posts.services import fingerprint

_MARKS = ["\u0301", "\u0303", "\u0338", "\u0308"]  # combining: they join with whatever stands before them
_WORDS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from([*_MARKS, "n", "e", "\n", '"'])))
_MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _WORDS | _MOMENTS,
    lambda inner: st.lists(inner) | st.dictionaries(_WORDS, inner),
    max_leaves=8,
)


def _long_way(value: Any) -> str:
    """Every string normalised by itself, then written: how the first hashes were made."""
    text = json.dumps(fingerprint._plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@given(_VALUES)
@example({"title": "Café", "text": "Cafe\u0301", "n\u0303": "\u0338"})
@example("\n\u0303")
@example({"expires_at": datetime(2026, 11, 24, 8, 0, tzinfo=timezone(timedelta(hours=-5)))})
def test_the_short_way_hashes_as_the_long_way(value: Any) -> None:
    payload = {"value": value}
    assert fingerprint.of_payload(payload) == _long_way(payload)


def test_a_known_payload_keeps_the_hash_it_always_had() -> None:
    payload = {"title": "Street fair", "text": "Cafe\u0301, 9 to 5", "link": None, "media": [{"alt": "A “tent”"}]}
    written = '{"link":null,"media":[{"alt":"A “tent”"}],"text":"Café, 9 to 5","title":"Street fair"}'
    assert fingerprint.of_payload(payload) == hashlib.sha256(written.encode()).hexdigest()
