"""Asks what the words seem to touch, where the author has not said so: a question to be answered, never a verdict.

An author who forgets that a post touches a child would get one approver where two are asked for. So a word that points
at it stops the post until its author ticks the box, or says in a few words why not; those words go to the reviewer.
Which words those are stands in `touch_words`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from posts.checks.finding import TOUCHES, Candidate, Finding, Severity
from posts.checks.touch_words import HARMLESS, PICTURED, WORDS
from posts.kinds import Flag, Kind

LEAST_WHY = 5  # characters: “no” says nothing to the reviewer
MOST_WORDS = 5  # named of one flag
LONGEST_WORD = 60
_PLAIN = {"\u2019": "'", "\u2018": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-"}
_ALERTING = (Kind.SAFETY_ALERT, Kind.APPEAL)
_AMBER = re.compile(r"\bAMBER\b")
_HAS_LOWER = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Why a post does not touch something, and the words it was said about (in lower case)."""

    why: str
    words: tuple[str, ...]

    def covers(self, words: Iterable[str]) -> bool:
        """Whether it answers for all of these words."""
        return len(self.why.strip()) >= LEAST_WHY and {word.lower() for word in words} <= set(self.words)


def check(candidate: Candidate) -> Iterator[Finding]:
    """A stop for each thing that the words point at and nobody has answered; a warning where the answer is no."""
    answers = answers_of(candidate.not_touched)
    for flag, words in found(candidate).items():
        if flag in candidate.flags:
            continue
        answer = answers.get(flag)
        if answer is not None and answer.covers(words):
            yield _answered(flag, words, answer)
        else:
            yield _asked(flag, words, answer)


def found(candidate: Candidate) -> dict[Flag, list[str]]:
    """What the words of a candidate point at, as they stand in it: flag -> words. Pure."""
    seen: dict[Flag, list[str]] = {}
    alts = [picture.alt for picture in candidate.pictures]
    facts = [str(value) for value in candidate.facts.values()]
    for text in dict.fromkeys([candidate.title, candidate.text, *candidate.own_words, *facts, *alts]):
        for flag, words in in_words(text).items():
            seen.setdefault(flag, []).extend(words)
        if candidate.kind in _ALERTING and _AMBER.search(text) and _HAS_LOWER.search(text):
            seen.setdefault(Flag.AMBER, []).append("AMBER")
    if pictured := [word for alt in alts for word in _words(PICTURED, _Folded(alt))]:
        seen[Flag.MINOR_IMAGE] = pictured
    elif candidate.pictures and candidate.facts.get("appeal_type") == "missing" and Flag.JUVENILE in seen:
        seen[Flag.MINOR_IMAGE] = seen[Flag.JUVENILE]
    return {flag: _each_once(words) for flag, words in seen.items()}


def in_words(text: str) -> dict[Flag, list[str]]:
    """What one text points at: flag -> the words that do, as they stand in it. Pure; costs the text's length."""
    folded = _Folded(text)
    told = {flag: _words(pattern, folded) for flag, pattern in WORDS.items()}
    return {flag: words for flag, words in told.items() if words}


def newly(flag: Flag, words: list[str], why: str) -> Finding:
    """A warning that a correction brings such words; `why` is what whoever asked says against it, empty for nothing."""
    if len(why.strip()) >= LEAST_WHY:
        said = _answered(flag, words, Answer(why=why, words=()))
        return replace(said, field="not_touched")
    message = f"{_quoted(words)} is new: it touches {flag.label}."
    cure = "The rule for that counts, unless whoever asks says in a few words why it does not."
    return replace(_finding(flag, Severity.WARNING, message, cure, words), field="not_touched")


def words_of(finding: Finding) -> list[str]:
    """The words that a finding of these is about, each as it stands in the post."""
    return finding.evidence.split(" | ") if finding.evidence else []


def answers_of(stored: Mapping[str, Any]) -> dict[str, Answer]:
    """The answers as a draft keeps them: flag -> {"why": str, "words": [str]}."""
    return {
        flag: Answer(why=str(said.get("why", "")), words=tuple(said.get("words", ()))) for flag, said in stored.items()
    }


class _Folded:
    """A text in lower case without accents, and where each of its letters stood; harmless words taken out."""

    def __init__(self, text: str) -> None:
        self._text = text
        letters: list[str] = []
        self._places: list[int] = []
        before = ""
        for place, letter in enumerate(text):
            if letter.isupper() and before.islower():  # #MissingChild is two words
                self._add(letters, " ", place)
            before = letter
            for base in unicodedata.normalize("NFD", letter):
                if not unicodedata.combining(base) and unicodedata.category(base) != "Cf":
                    self._add(letters, _plain(base), place)
        self.letters = HARMLESS.sub(lambda match: "." * len(match[0]), "".join(letters))

    def _add(self, letters: list[str], letter: str, place: int) -> None:
        letters.append(letter)
        self._places.append(place)

    def as_written(self, start: int, end: int) -> str:
        """The words of the text itself, on one line, shortened."""
        words = " ".join(self._text[self._places[start] : self._places[end - 1] + 1].split())
        return words if len(words) <= LONGEST_WORD else f"{words[: LONGEST_WORD - 1]}…"


def _plain(letter: str) -> str:
    if letter in _PLAIN:
        return _PLAIN[letter]
    return " " if letter in "\u00a0\u202f_#@" else letter.lower()[:1]


def _words(pattern: re.Pattern[str], folded: _Folded) -> list[str]:
    told: list[str] = []
    for match in pattern.finditer(folded.letters):
        told.append(folded.as_written(*match.span()).strip(" ,.;:"))
        if len(told) == MOST_WORDS:
            break
    return told


def _each_once(words: Sequence[str]) -> list[str]:
    return list({word.lower(): word for word in reversed(words)}.values())[::-1][:MOST_WORDS]


def _asked(flag: Flag, words: list[str], answer: Answer | None) -> Finding:
    touched = str(flag.label)
    cure = f"Tick “{touched}”, or say in a few words why it does not."
    if answer is not None and answer.why.strip():
        cure = (
            "Say it in a few more words."
            if len(answer.why.strip()) < LEAST_WHY
            else "It was not there when you answered: tick that your answer holds, or tick the box."
        )
    shown = [word for word in words if answer is None or word.lower() not in answer.words] or words
    message = f"{_quoted(shown)}: does it touch {touched}?"
    return _finding(flag, Severity.STOP, message, cure, words)


def _answered(flag: Flag, words: list[str], answer: Answer) -> Finding:
    message = f"{_quoted(words)}, but it does not touch {flag.label}, the author says: “{answer.why.strip()}”"
    return _finding(flag, Severity.WARNING, message, "Read whether that is so.", words)


def _finding(flag: Flag, severity: Severity, message: str, cure: str, words: list[str]) -> Finding:
    return Finding(
        code=TOUCHES,
        severity=severity,
        message=message,
        cure=cure,
        field=f"why-{flag.value}",
        evidence=" | ".join(words),
    )


def _quoted(words: Sequence[str]) -> str:
    return " and ".join(f"“{word}”" for word in words[:3])
