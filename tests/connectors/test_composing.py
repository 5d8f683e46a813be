"""What goes out, and what stands against it, on every platform listed."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Account, Act, Media, Outgoing, Remote, Target
from connectors.errors import Misconfigured, NotSupported
from connectors.hand_off import HandOff
from connectors.registry import PLATFORMS, get

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
LINK = "https://pd.example.org/news/1-road-closed/"
SLUGS = [platform.slug for platform in PLATFORMS]
OWN = [platform.slug for platform in PLATFORMS if platform.own]


def outgoing(text: str = "Road closed", act: Act = Act.PUBLISH, **more: Any) -> Outgoing:
    return Outgoing(act=act, key="delivery-1", planned_at=NOW, text=text, **{"title": "Road closed", **more})


def picture(**more: Any) -> Media:
    return Media(**{"sha256": "0" * 64, "mime": "image/jpeg", "alt": "A road", "size_bytes": 1000, **more})


def rendered(slug: str, out: Outgoing, mode: str = "live") -> Any:
    connector = get(slug, mode)
    return connector.render(out, connector.capabilities())


def codes(slug: str, out: Outgoing) -> list[str]:
    return [problem.code for problem in rendered(slug, out).problems]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_platform_renders_in_every_mode_without_shortening(slug: str) -> None:
    text = "word " * 15_000 if slug == "facebook" else "word " * 1_500
    for mode in ("live", "sandbox", "hand_off"):
        assert text.strip() in rendered(slug, outgoing(text), mode).text


@pytest.mark.parametrize("slug", SLUGS)
def test_an_empty_text_is_a_problem(slug: str) -> None:
    assert "TEXT_EMPTY" in codes(slug, outgoing("  \n "))


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if get(slug).capabilities().max_text is not None])
def test_a_text_over_the_limit_says_by_how_much(slug: str) -> None:
    limit = get(slug).capabilities().max_text or 0
    (problem,) = [p for p in rendered(slug, outgoing("a" * (limit + 7))).problems if p.code == "TOO_LONG"]
    assert (problem.field, problem.limit, problem.actual) == ("text", limit, limit + 7)
    assert "7" in problem.cure


@pytest.mark.parametrize("slug", ["x", "mastodon", "bluesky", "youtube"])
def test_the_link_stands_in_the_text_once(slug: str) -> None:
    assert rendered(slug, outgoing(link=LINK)).text == f"Road closed\n{LINK}"
    assert rendered(slug, outgoing(f"See {LINK} now", link=LINK)).text == f"See {LINK} now"


def test_facebook_shows_a_link_as_a_card_unless_images_are_there() -> None:
    assert rendered("facebook", outgoing(link=LINK)).text == "Road closed"
    assert rendered("facebook", outgoing(link=LINK, media=(picture(),))).text == f"Road closed\n{LINK}"


def test_nixle_folds_marks_leaves_its_own_link_and_warns_of_foreign_letters() -> None:
    assert rendered("nixle", outgoing("“Road” closed", link=LINK)).text == '"Road" closed'
    (problem,) = rendered("nixle", outgoing("Road closed ✓")).problems
    assert (problem.code, problem.severity) == ("NOT_GSM7", "warning")
    assert rendered("nixle", outgoing("✓" * 71)).limit == 70


def test_bluesky_has_a_second_limit_in_bytes() -> None:
    family = "👨‍👩‍👧‍👦"
    (problem,) = rendered("bluesky", outgoing(family * 150)).problems
    assert (problem.limit, problem.actual) == (3_000, 150 * 25)


def test_youtube_needs_a_title_a_video_and_no_angle_brackets() -> None:
    assert set(codes("youtube", outgoing(title=""))) >= {"TITLE_EMPTY"}
    assert "TOO_LONG" in codes("youtube", outgoing(title="a" * 101))
    assert "CHARACTER_REFUSED" in codes("youtube", outgoing("a < b"))


@pytest.mark.parametrize("slug", ["facebook", "x"])
def test_media_are_counted_weighed_and_typed(slug: str) -> None:
    rules = get(slug).capabilities().media
    assert codes(slug, outgoing(media=(picture(),) * rules.count)) == []
    assert "MEDIA_COUNT" in codes(slug, outgoing(media=(picture(),) * (rules.count + 1)))
    assert "MEDIA_SIZE" in codes(slug, outgoing(media=(picture(size_bytes=(rules.max_bytes or 0) + 1),)))
    assert "MEDIA_TYPE" in codes(slug, outgoing(media=(picture(mime="image/tiff-fx"),)))


def test_x_takes_a_description_of_a_thousand_characters() -> None:
    assert codes("x", outgoing(media=(picture(alt="a" * 1000),))) == []
    assert codes("x", outgoing(media=(picture(alt="a" * 1001),))) == ["ALT_TOO_LONG"]


@given(st.text(max_size=400))
def test_the_text_is_composed_once_for_counting_and_sending(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    for slug in ("facebook", "x"):
        out = outgoing(clean, link=LINK)
        payloads = [step.payload for step in get(slug).plan(out)]
        sent = [p.get("message") or p.get("body", {}).get("text", "") for p in payloads]
        assert rendered(slug, out).text in sent or rendered(slug, out).text == ""
        assert unicodedata.is_normalized("NFC", rendered(slug, out).text)


@pytest.mark.parametrize("slug", SLUGS)
def test_by_hand_there_is_a_pack_and_no_plan(slug: str) -> None:
    connector = get(slug, "hand_off")
    parts = rendered(slug, outgoing(link=LINK, media=(picture(),)), "hand_off").parts
    assert parts
    assert all(part.label for part in parts)
    if slug not in OWN:
        assert any(LINK in part.text for part in parts)
        with pytest.raises(NotSupported, match="pastes the link"):
            connector.plan(outgoing())


@pytest.mark.parametrize("slug", OWN)
def test_own_channels_answer_from_the_step_alone(slug: str) -> None:
    connector = get(slug)
    (step,) = connector.plan(outgoing(url=LINK))
    assert step.repeatable
    result = connector.run(Account(platform=slug, handle=""), step, {})
    assert (result.receipt.remote_id, result.receipt.url) == ("delivery-1", LINK)
    (step,) = connector.plan(outgoing(act=Act.WITHDRAW, target=Target(remote_id="delivery-0")))
    assert step.payload["remote_id"] == "delivery-0"


@pytest.mark.parametrize("slug", OWN)
def test_own_channels_need_their_address(slug: str) -> None:
    with pytest.raises(Misconfigured, match="url"):
        get(slug).plan(outgoing())


@pytest.mark.parametrize("slug", ["website", "feed"])
def test_public_pages_take_no_answers(slug: str) -> None:
    with pytest.raises(NotSupported):
        get(slug).plan(outgoing(act=Act.REPLY, target=Target(remote_id="1")))


def test_an_unknown_platform_names_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match="facebook, x, youtube"):
        get("friendster")
    with pytest.raises(Misconfigured, match="live, sandbox, hand_off"):
        get("x", "dry_run")


def test_platforms_without_a_connector_are_done_by_hand_in_every_mode_and_every_other_on_request() -> None:
    for platform in PLATFORMS:
        if platform.hand_off_only:
            with pytest.raises(NotSupported):
                get(platform.slug, "live").plan(outgoing())
    assert isinstance(get("x", "hand_off"), HandOff)


def test_a_connectors_secrets_never_show_in_a_repr() -> None:
    account = Account(platform="x", handle="PD", secrets={"access_token": "s3cret-token"})
    assert "s3cret" not in repr(account)


@pytest.mark.parametrize("slug", SLUGS)
def test_what_a_capability_denies_the_connector_refuses(slug: str) -> None:
    connector, account = get(slug, "hand_off" if slug not in OWN else "live"), Account(platform=slug, handle="PD")
    can = connector.capabilities(account)
    remote = Remote(remote_id="1", url="", text="", created_at=NOW, ours=None)
    calls: list[tuple[bool, Callable[[], object]]] = [
        (can.list_own, lambda: connector.list_own(account, None, None)),
        (can.comments.read, lambda: connector.fetch_comments(account, remote, None)),
        (can.metrics, lambda: connector.metrics(account, [remote])),
    ]
    for allowed, call in calls:
        if not allowed or slug not in OWN:
            with pytest.raises(NotSupported, match=slug):
                call()
