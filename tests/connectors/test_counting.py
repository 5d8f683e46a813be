"""Counting as each platform counts, proven on X's public conformance cases and on the alphabet's own table."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors import counting

CASES = Path(__file__).resolve().parents[3] / "shared" / "platforms" / "specs" / "twitter-text" / "validate.yml"
GROUPS = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
EXTENSION = "^{}\\[~]|€"


def cases() -> list[Any]:
    """Return the cases of today's rules; none where the specs are not at hand."""
    if not CASES.exists():
        return []
    tests = yaml.safe_load(CASES.read_text("utf-8"))["tests"]
    return [pytest.param(case, id=case["description"][:60]) for group in GROUPS for case in tests[group]]


@pytest.mark.skipif(not CASES.exists(), reason="X's conformance cases (specs/twitter-text) are not at hand")
def test_every_conformance_case_is_there() -> None:
    assert len(cases()) == 24


@pytest.mark.parametrize("case", cases())
def test_x_counts_as_the_conformance_cases_say(case: dict[str, Any]) -> None:
    assert counting.x_weighted(case["text"]) == case["expected"]["weightedLength"]


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="."), max_size=300))
def test_x_counts_plain_letters_one_by_one(text: str) -> None:
    assert counting.x_weighted(text) == len(text)


@given(st.text(alphabet="abcdefghij0123456789", min_size=1, max_size=200))
def test_x_counts_every_link_23(path: str) -> None:
    assert counting.x_weighted(f"See https://pd.example.org/{path}") == 4 + 23


words = st.sampled_from(
    [
        "road",
        "closed.",
        "https://pd.example.org/a?b=c.d",
        "example.org",
        "é",
        "e\u0301",
        "🚓",
        "👨‍👩‍👧‍👦",
        "東京",
        "#tag",
        "@pd",
    ]
)
spaces = st.sampled_from([" ", "\n", "\r\n", "\u3000", "\u00a0", "  "])


@given(st.lists(st.tuples(words, spaces), max_size=60))
def test_counting_word_by_word_is_counting_the_whole(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + space for word, space in parts)
    whole = counting.x_weighted(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "SHORT", 0)
        assert counting.x_weighted(text) == whole


@pytest.mark.parametrize("word", ["a." * 3_000, "a." * 12 + " ", "http://" + "a." * 1_000, "é.", ".", "a@a."])
def test_runs_of_dots_do_not_hang_the_counter(word: str) -> None:
    assert counting.x_weighted(word * (6_000 // len(word) + 1)) > 280


def test_a_long_link_with_dots_still_counts_23() -> None:
    assert counting.x_weighted("x" * 1_000 + " https://maps.example.org/@" + "32.7,-96.8," * 10 + "z") == 1_001 + 23


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("e\u0301", 1), ("👨‍👩‍👧‍👦", 1), ("🇺🇸", 1), ("\r\n", 1), ("a🚓b", 3)]
)
def test_graphemes_are_what_a_reader_calls_characters(text: str, length: int) -> None:
    assert counting.graphemes(text) == length
    assert counting.count(text, "grapheme+bytes") == length


def test_mastodon_counts_links_at_their_reserved_length_and_mentions_short() -> None:
    assert counting.count("See https://pd.example.org/a/very/long/path/indeed", "grapheme", 23) == 4 + 23
    assert counting.count("Ask @desk@social.example.org", "grapheme", 23) == len("Ask @desk")


def test_bytes_are_utf8() -> None:
    assert counting.count("é🚓", "utf8_bytes") == 6


def test_plain_characters_are_code_points() -> None:
    assert counting.count("é🚓", "characters") == 2


def test_an_unknown_counter_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such counter"):
        counting.count("a", "furlongs")


def test_the_sms_alphabet_is_that_of_the_standard() -> None:
    assert len(counting.GSM_BASIC) == 127  # 128 places, one of them the escape
    assert counting.sms_units("".join(sorted(counting.GSM_BASIC))) == 127
    assert all(counting.sms_units(c) == 2 for c in EXTENSION)


@pytest.mark.parametrize(
    ("text", "units", "limit"), [("a" * 160, 160, 160), ("a€", 3, 160), ("ç", 1, 70), ("🚓", 2, 70), ("ab✓", 3, 70)]
)
def test_one_foreign_letter_makes_the_whole_sms_ucs2(text: str, units: int, limit: int) -> None:
    assert (counting.sms_units(text), counting.sms_limit(text)) == (units, limit)


def test_typographic_marks_are_folded_for_sms() -> None:
    folded = counting.fold_for_sms("“Don’t” – wait… e\u0301")
    assert folded == '"Don\'t" - wait... é'
    assert counting.outside_gsm7(folded) == ""


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = counting.fold_for_sms(text)
    assert counting.fold_for_sms(once) == once


@given(st.text(max_size=200), st.sampled_from(["x_weighted", "grapheme", "utf8_bytes", "gsm7", "characters"]))
def test_no_text_breaks_a_counter(text: str, counter: str) -> None:
    assert counting.count(text.encode("utf-8", "replace").decode(), counter) >= 0
