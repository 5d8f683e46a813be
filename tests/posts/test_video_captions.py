"""Captions as people bring them: WebVTT or SRT, read strictly, written anew with nothing but times and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divisions.errors import BadInput
from posts.services.captions import MAX_LENGTH, cues, to_vtt

SRT = (
    "\ufeff1\r\n00:00:01,000 --> 00:00:04,250\r\nOak Street is closed.\r\n\r\n"
    "2\r\n00:00:04,500 --> 00:00:06,000\r\nUse Elm.\r\n"
)
VTT = """WEBVTT - made by SecretTool 9

NOTE by Jane Author

STYLE
::cue { color: red }

intro
00:01.000 --> 00:04.250 align:start line:90%
<v Jane Author>Oak <b>Street</b> is closed.</v>

00:04.500 --> 00:06.000
Use Elm &amp; Main.
Two &lt; three.
"""


def test_srt_becomes_webvtt() -> None:
    assert to_vtt(SRT) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:04.250\nOak Street is closed.\n\n00:00:04.500 --> 00:00:06.000\nUse Elm.\n"
    )


def test_p7_notes_styles_names_and_settings_are_left_out() -> None:
    clean = to_vtt(VTT)
    assert "Author" not in clean
    assert "Secret" not in clean
    assert "color" not in clean
    assert "align" not in clean
    assert [cue.text for cue in cues(clean)] == ["Oak Street is closed.", "Use Elm & Main.\nTwo < three."]


def test_what_was_cleaned_stays_as_it_is() -> None:
    assert to_vtt(to_vtt(VTT)) == to_vtt(VTT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Just words", "Line 1 is no time"),
        ("WEBVTT\n\n", "no captions in it"),
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nx", "Line 4 is no time|Line 3 is no time"),
        ("1\n00:00:01,000 --> 00:00:02,000\n", "no words after line 2"),
        ("1\n00:00:05,000 --> 00:00:02,000\nx", "line 1 ends before it starts"),
        ("00:05.000 --> 00:06.000\nx\n\n00:01.000 --> 00:02.000\ny", "line 4 starts before"),
        ("00:01.000 --> 00:02.000\nx\n00:03.000 --> 00:04.000\ny", "Line 3 is a second time"),
        ("00:01.000 --> 00:02.000\n" + "x" * 501, "Line 2 has 501 of 500"),
        ("x" * (MAX_LENGTH + 1), "of 200,000 characters"),
        ("00:01.000 --> 00:02.000\na\x00b", "invisible character"),
        ("00:99.000 --> 00:02.000\nx", "Line 1 is no time"),
    ],
)
def test_what_no_player_understands_is_said_with_its_line(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        to_vtt(text)
    assert refused.value.field == "captions"
    assert refused.value.cure


def test_words_behind_the_end_of_the_video_are_said() -> None:
    with pytest.raises(BadInput, match=r"the video ends at 00:00:03\.000"):
        to_vtt(SRT, length_ms=3000)


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        clean = to_vtt(text)
    except BadInput:
        return
    assert to_vtt(clean) == clean


@given(
    st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40).filter(str.strip), min_size=1)
)
def test_words_survive(words: list[str]) -> None:
    plain = [" ".join(w.replace("-->", "to").split()).replace("<", "(").replace("&", "and") for w in words]
    text = "\n\n".join(
        f"00:{n // 60:02}:{n % 60:02}.000 --> 00:{n // 60:02}:{n % 60:02}.500\n{w}" for n, w in enumerate(plain)
    )
    assert [cue.text for cue in cues(text)] == plain
