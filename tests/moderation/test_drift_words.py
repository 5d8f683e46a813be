"""What a platform does to words and addresses is no change; what a person does to them is. Pure."""

from __future__ import annotations

import pytest

from moderation.selectors import words


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("Lost &amp; found", "Lost & found"),
        ("Oak  Street\nis closed ", "Oak Street is closed"),
        ("Read https://t.example/abc", "Read https://news.example.gov/1-oak/"),
        ("Caf\u0065\u0301 closed", "Café closed"),
        ("See https://austintown.example/parks for more", "See austintown.example/parks for more"),
    ],
)
def test_what_a_platform_does_is_no_change(shown: str, said: str) -> None:
    assert words.same(shown, said, has_links=True)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("Open until 5.30 p.m.", "Open until 4.30 p.m."),
        ("Open until 5.30pm", "Open until 4.30pm"),
        ("Oak Street is open", "Oak Street is closed"),
        ("Call us", "Call us now"),
        ("", "Call us"),
    ],
)
def test_what_a_person_does_is_a_change(shown: str, said: str) -> None:
    assert not words.same(shown, said, has_links=True)
    assert not words.same(shown, said, has_links=False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.example.gov/a/", "http://EXAMPLE.gov/a", True),
        ("https://example.gov/a?fbclid=1#top", "https://example.gov/a", True),
        ("https://example.gov/a", "https://example.gov/b", False),
        ("https://example.gov/a", "https://else.example/a", False),
        ("http://[broken", "https://example.gov/a", False),
    ],
)
def test_addresses_are_compared_by_host_and_path(one: str, other: str, same: bool) -> None:
    assert (words.key(one) == words.key(other)) is same


def test_addresses_end_before_the_punctuation() -> None:
    assert words.addresses("See https://example.gov/a, or (https://example.gov/b).") == (
        "https://example.gov/a",
        "https://example.gov/b",
    )
    assert words.names_in("See example.gov/parks, not mail@example.gov") == {"example.gov/parks"}
