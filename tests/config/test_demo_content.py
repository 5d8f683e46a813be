"""The demo's words and pictures hold what every screen relies on, on whichever day the demo is loaded."""

import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from config.demo import content, films, pictures
from config.demo.content import DemoPost
from connectors import counting, registry
from connectors.contract import Act, Media, Outgoing
from divisions.services import load_department
from posts.kinds import SPECS
from posts.services import captions, video

SCENARIOS = {
    "scheduled": 6, "due_soon": 1, "in_review": 2, "changes_requested": 1, "draft": 2,
    "failed": 1, "partly_live": 1, "awaiting_proof": 1,
}  # fmt: skip
NOW = datetime(2026, 9, 21, 15, 0, tzinfo=UTC)  # a month whose dates are the longest words to fit
WEEK = [NOW + timedelta(days=days) for days in range(7)]
HOUSE = re.compile(
    r"\b\d{2,5} (?!block)(?:[NSEW]\.? )?(?:[A-Z][a-z]+ ){1,3}(?:Street|Road|Drive|Avenue|Lane|Row|Plaza)\b"
)
X_LINK = 24  # a space and the 23 of a link


def posts(now: datetime = NOW) -> list[DemoPost]:
    return content.load(now=now)


def channels() -> dict[str, dict[str, object]]:
    return {row["slug"]: row for row in content.department()["channels"]}


def history(channel: str) -> list[DemoPost]:
    return [post for post in posts() if channel in post.channels and post.due_at <= NOW]


def days_silent(channel: str) -> int:
    """Calendar days since its last post, as a person would count them."""
    last = max(post.due_at for post in history(channel))
    return (NOW.astimezone(last.tzinfo).date() - last.date()).days


def test_the_department_has_eight_divisions_and_thirteen_accounts_against_twelve_declared() -> None:
    department = content.department()
    assert (len(department["divisions"]), len(department["channels"])) == (8, 13)
    assert department["department"]["declared_accounts"] == 12
    assert Counter(row["audience"] for row in department["channels"]) == {"public": 12, "internal": 1}
    assert Counter(row["platform"] for row in department["channels"]) == {
        "facebook": 8, "x": 3, "youtube": 1, "nixle": 1,
    }  # fmt: skip


def test_every_reference_in_the_department_file_exists() -> None:
    department = content.department()
    divisions = {row["slug"] for row in department["divisions"]}
    people = {row["email"] for row in department["people"]}
    assert {row["parent"] for row in department["divisions"]} <= divisions | {None}
    assert {row["division"] for row in department["memberships"]} == divisions
    assert {row["email"] for row in department["memberships"]} == people
    assert {row["duty"] for row in department["channels"]} <= people | {None}
    assert {slug for row in department["links"] for slug in (row["from"], row["to"])} <= channels().keys()
    assert all(email.endswith("@demo.example") for email in people)


def test_each_division_has_an_officer_and_somebody_else_who_approves() -> None:
    held = {(row["division"], row["role"], row["email"]) for row in content.department()["memberships"]}
    for division in content.department()["divisions"]:
        slug = division["slug"]
        assert (slug, "officer", f"officer.{slug}@demo.example") in held
        assert (slug, "supervisor", f"supervisor.{slug}@demo.example") in held


def test_every_reference_in_a_post_exists() -> None:
    known = channels()
    people = {row["email"] for row in content.department()["people"]}
    for post in posts():
        assert post.kind in SPECS, post.key
        assert set(post.channels) <= known.keys() | {"page", "internal"}, post.key
        assert post.by in people, post.key
        assert post.scenario in {None, *SCENARIOS}, post.key
        assert post.fault is None or post.fault["channel"] in post.channels, post.key


def test_a_post_uses_only_channels_of_its_division_or_linked_to_one_of_them() -> None:
    known = channels()
    links = {(row["from"], row["to"]) for row in content.department()["links"]}
    own = {"page": "", "internal": ""}
    for post in posts():
        outside = [c for c in post.channels if c not in own and known[c]["division"] != post.division]
        for slug in outside:
            linked = {source for source, target in links if target == slug} & set(post.channels)
            assert linked, (post.key, slug)


def test_internal_words_are_for_internal_channels_alone() -> None:
    known = channels() | {"page": {"audience": "public"}, "internal": {"audience": "internal"}}
    for post in posts():
        assert {known[slug]["audience"] for slug in post.channels} == {post.audience}, post.key
    assert sum("lunchroom-canary" in post.text for post in posts()) == 1


def test_there_are_thirty_days_of_posts_with_unique_keys_and_no_two_texts_alike() -> None:
    everything = posts()
    assert 140 <= len(everything) <= 180
    assert len({post.key for post in everything}) == len(everything)
    assert len({post.title for post in everything}) == len(everything)
    words = [text for post in everything for text in {post.text, *post.own_words.values()}]
    assert len(set(words)) == len(words)
    assert min(post.due_at for post in everything) >= NOW - timedelta(days=31)


@pytest.mark.parametrize("now", WEEK, ids=lambda now: f"{now:%a}")
def test_every_text_fits_its_platform_on_every_weekday(now: datetime) -> None:
    platforms = {slug: row["platform"] for slug, row in channels().items()}
    for post in posts(now):
        used = {platforms.get(slug) for slug in post.channels}
        if "x" in used:
            assert counting.x_weighted(post.words_for("x")) <= 280 - X_LINK, post.key
        if "nixle" in used:
            nixle = post.words_for("nixle")
            assert counting.sms_units(nixle) <= 130, post.key
            assert not counting.outside_gsm7(nixle), post.key
        assert len(post.title) <= 90, post.key


def test_no_platform_finds_a_reason_to_refuse_a_post() -> None:
    rows = channels()
    own = {"page": ("website", "live"), "internal": ("internal", "live")}
    for post in posts():
        for slug in post.channels:
            platform, mode = own.get(slug) or (str(rows[slug]["platform"]), str(rows[slug]["mode"]))
            connector = registry.get(platform, mode)
            rendered = connector.render(_outgoing(post, platform), connector.capabilities())
            stops = [p for p in rendered.problems if p.severity == "stop"]
            assert not stops or "alt_text" in post.missing, (post.key, slug, stops)


def _outgoing(post: DemoPost, platform: str) -> Outgoing:
    """What the engine would hand a connector; the sizes of a drawn picture."""
    picture = post.picture
    media = () if picture is None else (
        Media(
            sha256="0" * 64, mime=pictures.MIME, alt=picture.alt, credit=picture.credit,
            width=1600, height=900, size_bytes=90_000,
        ),
    )  # fmt: skip
    return Outgoing(
        act=Act.PUBLISH, key=post.key, planned_at=post.due_at, title=post.title, text=post.words_for(platform),
        language=post.language, link="http://127.0.0.1:8000/news/123456-a-slug/", media=media,
    )  # fmt: skip


@pytest.mark.parametrize("now", WEEK, ids=lambda now: f"{now:%a}")
def test_events_are_announced_before_they_start_and_end_after(now: datetime) -> None:
    for post in posts(now):
        starts, ends = post.facts.get("starts_at"), post.facts.get("ends_at")
        if starts:
            assert starts > post.wall_time, post.key
            assert ends is None or ends > starts, post.key


def test_every_fact_a_kind_requires_is_given_unless_the_draft_is_meant_to_miss_it() -> None:
    for post in posts():
        for fact in SPECS[post.kind].facts:
            given = post.facts.get(fact.name, "")
            assert given or not fact.required or fact.name in post.missing, (post.key, fact.name)
            assert not given or not fact.choices or given in dict(fact.choices), (post.key, given)
        assert bool(post.expires_on) == SPECS[post.kind].needs_expiry, post.key
        assert SPECS[post.kind].internal_only == (post.kind == "internal_notice") == (post.audience == "internal")


def test_every_appeal_says_what_to_look_for_whom_to_call_and_when_it_ends() -> None:
    appeals = [post for post in posts() if post.kind == "appeal"]
    assert {post.facts["appeal_type"] for post in appeals} == {"wanted", "missing", "witness"}
    for post in appeals:
        assert post.expires_on
        assert post.expires_on > post.due_at.date()
        assert post.facts["case_number"] in post.text
        assert "214-555-01" in post.text


def test_no_text_gives_a_house_number_a_real_phone_or_an_open_brace() -> None:
    for post in posts():
        for words in (post.title, post.text, *post.own_words.values()):
            assert not HOUSE.search(words), (post.key, HOUSE.search(words))
            assert not re.search(r"[{}]|lorem|\.\.|\bnone\b", words), post.key
            assert all(number.startswith("214-555-01") for number in re.findall(r"\d{3}-\d{3}-\d{4}", words))


def test_the_house_number_pattern_knows_an_address_from_a_hundred_block() -> None:
    assert HOUSE.search("at 1925 Harlan Road")
    assert not HOUSE.search("in the 1900 block of Harlan Road")


def test_some_posts_are_in_spanish() -> None:
    assert sum(post.language == "es" for post in posts()) >= 3


def test_stale_accounts_are_stale_and_all_others_keep_their_rhythm() -> None:
    assert days_silent("facebook-southwest") == 23
    assert days_silent("x-dpdchief") == 12
    stale = {"facebook-southwest", "x-dpdchief"}
    for slug, row in channels().items():
        late = days_silent(slug) > int(str(row["cadence_days"]))
        assert late == (slug in stale), (slug, days_silent(slug))


def test_live_accounts_post_two_to_five_times_a_week() -> None:
    for slug in ("southeast", "south-central", "northeast", "northwest", "central", "north-central"):
        assert 9 <= len(history(f"facebook-{slug}")) <= 20, slug
    assert len(history("facebook")) >= 18
    assert len(history("x-dallaspd")) >= 50


def test_every_scenario_a_screen_needs_is_there() -> None:
    counted = Counter(post.scenario for post in posts() if post.scenario)
    assert counted.keys() == SCENARIOS.keys()
    assert all(counted[name] >= least for name, least in SCENARIOS.items())
    waiting = [post for post in posts() if post.scenario == "in_review"]
    assert {post.division for post in waiting} == {"northeast"}
    assert any(post.due_at - NOW < timedelta(hours=2) for post in waiting)
    soon = next(post for post in posts() if post.scenario == "due_soon")
    assert timedelta(minutes=2) < soon.due_at - NOW <= timedelta(minutes=4)
    assert all(post.missing for post in posts() if post.scenario == "draft")
    assert all(post.review_note for post in posts() if post.scenario == "changes_requested")


def test_a_scenario_lies_on_the_side_of_now_that_its_name_says() -> None:
    past = {None, "failed", "partly_live", "awaiting_proof"}
    for post in posts():
        assert (post.due_at <= NOW) == (post.scenario in past), post.key


def test_every_picture_is_drawn_used_and_described() -> None:
    used = {post.picture.name for post in posts() if post.picture}
    assert used == set(pictures.NAMES) == pictures.ALT.keys()
    for post in posts():
        if post.picture and "alt_text" not in post.missing:
            assert 20 <= len(post.picture.alt) <= 120, post.key
            assert post.picture.credit, post.key


@pytest.mark.parametrize("name", pictures.NAMES)
def test_a_picture_is_a_large_jpeg_without_metadata(name: str) -> None:
    drawn = pictures.draw(name)
    with Image.open(io.BytesIO(drawn)) as image:
        assert image.format == "JPEG"
        assert image.size in {(1600, 900), (1200, 1200)}
        assert not image.getexif()
    assert len(drawn) < 400_000


def test_a_picture_is_the_same_each_time_it_is_drawn() -> None:
    assert pictures.draw("award-ribbon") == pictures.draw("award-ribbon")


def test_the_film_is_used_described_captioned_and_the_same_each_time() -> None:
    used = {post.film.name for post in posts() if post.film}
    assert used == films.ALT.keys() == films.CAPTIONS.keys()
    for name in used:
        drawn = films.draw(name)
        facts = video.look(io.BytesIO(drawn), len(drawn))
        assert facts.fits
        assert facts.duration_s == films.SECONDS
        assert len(drawn) < 200_000
        assert captions.cues(films.CAPTIONS[name], length_ms=films.SECONDS * 1000)
        films.draw.cache_clear()
        assert films.draw(name) == drawn


def test_a_wrong_key_in_a_post_is_refused_by_name() -> None:
    entry = {"key": "x", "kind": "update", "title": "t", "text": "t", "channels": [], "at": {}, "pictrue": "a"}
    with pytest.raises(ValueError, match="pictrue"):
        content._post(entry, {"division": "central"}, NOW)


@pytest.mark.django_db
def test_the_demo_department_loads_twice_and_the_second_time_changes_nothing() -> None:
    first = load_department.load(content.department(), now=NOW)
    assert first.made["divisions"] == 8
    assert first.made["channels"] == 13
    again = load_department.load(content.department(), now=NOW)
    assert not again.made
    assert not again.changed
    assert not again.absent
