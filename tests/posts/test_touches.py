"""What the words point at: sentences that must ask and sentences that must not, English and Spanish."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from posts import checks
from posts.checks import Candidate, Picture, Severity, touches
from posts.kinds import Flag, Kind

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
J, S, F, D, A = Flag.JUVENILE, Flag.SEXUAL_OFFENCE, Flag.OFFICER_INVOLVED, Flag.DEATH, Flag.AMBER

ASKS: list[tuple[str, set[Flag]]] = [
    ("A juvenile was taken into custody after the robbery.", {J}),
    ("The driver is a minor, so no name is released.", {J}),
    ("Two minors were in the back seat.", {J}),
    ("Detectives look for a missing 14-year-old.", {J}),
    ("A 9 year old was hurt in the crash.", {J}),
    ("A fourteen-year-old is charged with burglary.", {J}),
    ("She is 15 years of age and was last seen on Elm.", {J}),
    ("The suspect, age 16, ran toward the park.", {J}),
    ("A girl was struck by a car on Ferry Street.", {J}),
    ("Police ask for help: the missing boy wore a red coat.", {J}),
    ("A man tried to lure students near the stop; one was approached, and a student was robbed.", {J}),
    ("An 8-month-old baby was left in the car.", {J}),
    ("A man was arrested for child neglect.", {J}),
    ("#MissingChild: have you seen her?", {J}),
    ("Un menor de edad resultó herido en el choque.", {J}),
    ("Buscamos a una menor que salió de su casa anoche.", {J}),
    ("Un niño fue atropellado en la calle Elm.", {J}),
    ("Se busca a un joven de 16 años.", {J}),
    ("A woman reported a sexual assault near the trail.", {S}),
    ("He is wanted for rape.", {S}),
    ("A man exposed himself to two women.", {S}),
    ("A registered sex offender moved in.", {S}),
    ("Una mujer denunció una agresión sexual.", {S}),
    ("Arrestan a un hombre por abuso sexual.", {S}),
    ("An officer-involved shooting closed the block.", {F}),
    ("The man was shot by an officer.", {F}),
    ("Two officers returned fire; nobody was hurt.", {F}),
    ("An officer used force to make the arrest.", {F}),
    ("Officers deployed a Taser.", {F}),
    ("Un oficial disparó contra el vehículo.", {F}),
    ("El jefe explica el uso de fuerza de anoche.", {F}),
    ("A pedestrian died at the scene.", {D}),
    ("Homicide detectives ask for your video.", {D}),
    ("The crash was fatal.", {D}),
    ("A body was found near the lake.", {D}),
    ("Murió un motociclista en la autopista.", {D}),
    ("El hombre falleció en el hospital.", {D}),
    ("Investigan un homicidio en Oak Cliff.", {D}),
    ("An AMBER Alert is active for the county.", {A}),
    ("#AmberAlert: white sedan.", {A}),
    ("Alerta Ámbar activada esta noche.", {A}),
    ("A 6-year-old was abducted by a man in a van.", {A, J}),
    ("The boy died; the officer fired his weapon.", {J, D, F}),
    ("A 12‑year‑old girl was killed.", {J, D}),  # hyphens that do not break a line
]

ASKS_NOTHING = [
    "The driver has minor injuries.",
    "A minor accident blocks the left lane.",
    "Two people with minor to moderate injuries were treated.",
    "There was minor property damage.",
    "A minor two-vehicle crash slows traffic at Main.",
    "Her injuries were minor.",
    "Minor flooding on Ferry Street.",
    "Bring the kids: coffee with a cop on Saturday.",
    "Children of all ages are welcome at the open house.",
    "The Boys & Girls Club thanks Officer, Northeast.",
    "Free child safety seat checks, 9 to noon.",
    "Camp for ages 8 to 12; sign up today.",
    "A 10-year-old program gets a new name.",
    "Our 5-year-old K9 retires.",
    "A 15-year-old partnership with the library ends.",
    "He worked here for 14 years.",
    "Lesiones menores en el choque.",
    "Daños menores; nadie resultó herido.",
    "Después de 10 años de servicio se jubila.",
    "Violación de tránsito: límite de velocidad.",
    "Child abuse prevention month begins Monday.",
    "Suicide prevention lifeline: call or text 988.",
    "Sexual assault awareness walk on Sunday.",
    "Our use-of-force policy is on the website.",
    "Officers responded to shots fired; nobody was hit.",
    "Officers found a man who had been shot in the arm.",
    "Officers fired up the grill for the block party.",
    "The road is a dead end.",
    "The deadline is Friday.",
    "A car died on the ramp; we stood behind it.",
    "Join our murder mystery dinner.",
    "No fatalities were reported.",
    "Nobody was killed.",
    "A body of water at the trail is closed.",
    "Feliz Día de los Muertos.",
    "Amber lights flash at the crossing.",
    "Silver Alert: a man of 78 is missing.",
    "Grapes and rapeseed oil at the market.",
    "The student body voted.",
    "The officer was discharged from the hospital.",
    "A man is charged with theft. Students start at 8.",
    "Un punto muerto en la negociación.",
]


@pytest.mark.parametrize(("sentence", "flags"), ASKS)
def test_a_word_that_points_at_something_asks(sentence: str, flags: set[Flag]) -> None:
    assert set(touches.in_words(sentence)) == flags, touches.in_words(sentence)


@pytest.mark.parametrize("sentence", ASKS_NOTHING)
def test_a_word_that_only_looks_like_one_asks_nothing(sentence: str) -> None:
    assert touches.in_words(sentence) == {}


def test_shouting_accents_and_odd_hyphens_make_no_difference() -> None:
    assert touches.in_words("UN NIÑO FUE SECUESTRADO")[J] == ["NIÑO"]
    assert touches.in_words("A 12\u201110 …") == {}
    assert touches.in_words("a ju\u00advenile, a juve\u200bnile")[J] == ["ju\u00advenile", "juve\u200bnile"]
    assert D in touches.in_words("Homicide\n\nupdate")


def test_the_words_are_named_as_they_stand_a_few_of_each() -> None:
    told = touches.in_words("Juvenile. " * 40 + "A minor.")[J]
    assert told == ["Juvenile"] * touches.MOST_WORDS


def test_a_very_long_text_costs_its_length_only() -> None:
    text = ("child " * 4000 + "officer " * 4000 + "un menor de " * 1000)[:63_000]
    assert J not in touches.in_words("officer " * 4000)
    assert touches.in_words(text) is not None


# ---- as a finding


def _of(text: str = "", **more: Any) -> list[checks.Finding]:
    fields = {"kind": Kind.UPDATE, "audience": "public", "title": "Road closed", "now": NOON}
    return list(touches.check(Candidate(**{**fields, "text": text, **more})))


def _answer(why: str, *words: str) -> dict[str, Any]:
    return {"juvenile": {"why": why, "words": list(words)}}


def test_an_unanswered_word_stops_and_names_the_word_and_the_flag() -> None:
    (finding,) = _of("A juvenile ran.")
    assert finding.severity is Severity.STOP
    assert finding.is_question
    assert finding.message == "“juvenile”: does it touch a child?"
    assert finding.cure == "Tick “a child”, or say in a few words why it does not."


def test_a_tick_answers_it() -> None:
    assert _of("A juvenile ran.", flags=("juvenile",)) == []


def test_a_reason_answers_it_and_stays_as_a_warning_for_the_reviewer() -> None:
    (finding,) = _of("A Juvenile ran.", not_touched=_answer("A juvenile heron, a bird.", "juvenile"))
    assert finding.severity is Severity.WARNING
    assert not finding.is_question
    assert "A juvenile heron, a bird." in finding.message
    assert "“Juvenile”" in finding.message


@pytest.mark.parametrize("why", ["", "no", "    ", "n/a"])
def test_a_reason_that_says_nothing_is_none(why: str) -> None:
    (finding,) = _of("A juvenile ran.", not_touched=_answer(why, "juvenile"))
    assert finding.is_question


def test_a_reason_holds_for_the_words_it_was_given_for_only() -> None:
    (finding,) = _of("A juvenile ran. A minor was hurt.", not_touched=_answer("A juvenile heron.", "juvenile"))
    assert finding.is_question
    assert "“minor”" in finding.message
    assert "“juvenile”" not in finding.message
    assert touches.words_of(finding) == ["juvenile", "minor"]


def test_title_facts_own_words_and_picture_texts_are_read_too() -> None:
    assert [f.field for f in _of(title="Homicide on Elm")] == ["why-death"]
    assert [f.field for f in _of(facts={"where": "where the body was found"})] == ["why-death"]
    assert [f.field for f in _of(own_words=("He died.",))] == ["why-death"]
    told = _of(pictures=(Picture(name="a.jpg", alt="Two children at a desk", credit=""),))
    assert [f.field for f in told] == ["why-minor_image"]


def test_a_missing_child_with_a_picture_asks_whether_the_child_is_on_it() -> None:
    picture = Picture(name="a.jpg", alt="A school portrait", credit="")
    told = _of("A 9-year-old is missing.", kind=Kind.APPEAL, facts={"appeal_type": "missing"}, pictures=(picture,))
    assert {f.field for f in told} == {"why-juvenile", "why-minor_image"}


def test_amber_in_capitals_asks_in_an_alert_and_nowhere_else() -> None:
    assert [f.field for f in _of("AMBER: white van, go inside.", kind=Kind.SAFETY_ALERT)] == ["why-amber"]
    assert _of("AMBER is the name of our new horse.", kind=Kind.BLOG) == []
    assert _of("AMBER LAMPS GLOW.", kind=Kind.SAFETY_ALERT) == []
