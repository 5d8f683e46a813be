"""The platforms' own specs judge every call of the suite (see `wire`); here the judges themselves are judged."""

import pytest
from jsonschema import ValidationError

from tests.connectors import bluesky_spec, facebook_spec, mastodon_spec, x_spec

X_HERE = x_spec.FILE.exists()
FACEBOOK_HERE = (facebook_spec.FOLDER / "Page.json").exists()
x_only = pytest.mark.skipif(not X_HERE, reason="X's OpenAPI file (specs/x) is not at hand: calls were not checked")
facebook_only = pytest.mark.skipif(
    not FACEBOOK_HERE, reason="Facebook's lists (specs/facebook) are not at hand: calls were not checked"
)
mastodon_only = pytest.mark.skipif(
    not mastodon_spec.FILE.exists(), reason="Mastodon's OpenAPI file is not at hand: calls were not checked"
)
bluesky_only = pytest.mark.skipif(
    not bluesky_spec.at_hand(), reason="Bluesky's lexicons are not at hand: calls were not checked"
)
DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
POST = {"$type": "app.bsky.feed.post", "text": "a", "createdAt": "2026-11-24T14:00:00.000Z"}
BLOB = {
    "$type": "blob",
    "ref": {"$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"},
    "mimeType": "image/png",
    "size": 2_000_000,
}


def put(**record: object) -> dict[str, object]:
    """A record as it is put."""
    where = {"repo": DID, "collection": "app.bsky.feed.post", "rkey": "3jzfcijpj2z2a", "swapRecord": None}
    return {**where, "record": {**POST, **record}}


def images(**image: object) -> dict[str, object]:
    return {"$type": "app.bsky.embed.images", "images": [{"alt": "a", "image": BLOB, **image}]}


@x_only
@pytest.mark.parametrize(
    ("method", "path", "query", "body", "form"),
    [
        ("POST", "/2/tweets", {}, {"txt": "a"}, {}),
        ("POST", "/2/tweets", {}, {"text": "a", "media": {"media_ids": []}}, {}),
        ("POST", "/2/media/metadata", {}, {"id": "1", "metadata": {"alttext": {"text": "a"}}}, {}),
        ("POST", "/2/media/upload", {}, None, {"media": b"x"}),
        ("GET", "/2/users/1/tweets", {"max_results": "1000"}, None, {}),
        ("GET", "/2/users/1/tweets", {"tweet.fields": "id"}, None, {}),
        ("GET", "/2/tweets/1", {"post.fields": "colour"}, None, {}),
        ("GET", "/2/tweeets/1", {}, None, {}),
    ],
)
def test_a_call_x_does_not_know_is_caught(
    method: str, path: str, query: dict[str, str], body: object, form: dict[str, object]
) -> None:
    with pytest.raises((AssertionError, ValidationError)):
        x_spec.check_request(method, path, query, body, form)


@x_only
def test_an_answer_x_would_not_give_is_caught() -> None:
    with pytest.raises(ValidationError, match="'id' is a required property"):
        x_spec.check_answer("POST", "/2/tweets", 201, {"data": {"text": "a"}})
    with pytest.raises(AssertionError):
        x_spec.check_answer("POST", "/2/tweets", 202, {})


@x_only
def test_an_edit_and_an_image_post_are_calls_x_knows() -> None:
    body = {"text": "a", "media": {"media_ids": ["1"]}, "edit_options": {"previous_post_id": "1"}}
    x_spec.check_request("POST", "/2/tweets", {}, body, {})


@facebook_only
@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("POST", "1/feed", {"massage": "a"}),
        ("POST", "1/photos", {"alt_text": "a"}),
        ("POST", "1/feeds", {"message": "a"}),
        ("POST", "1_2", {"text": "a"}),
        ("GET", "1_2", {"fields": "message,colour"}),
        ("GET", "1/published_posts", {"since": "1"}),
    ],
)
def test_a_call_facebook_does_not_know_is_caught(method: str, path: str, parameters: dict[str, str]) -> None:
    with pytest.raises(AssertionError):
        facebook_spec.check_request(method, path, parameters)


@facebook_only
def test_an_answer_facebook_would_not_give_is_caught() -> None:
    with pytest.raises(AssertionError):
        facebook_spec.check_answer("GET", "1/published_posts", {"data": [{"id": "1_2", "colour": "red"}]})


@mastodon_only
@pytest.mark.parametrize(
    ("method", "path", "query", "body", "form"),
    [
        ("POST", "/api/v1/statuses", {}, {"staus": "a"}, {}),
        ("POST", "/api/v1/statuses", {}, {"status": 1}, {}),
        ("POST", "/api/v1/statuses", {}, {"status": "a", "visibility": "world"}, {}),
        ("POST", "/api/v1/statuses", {}, {"status": "a", "media_ids": "1"}, {}),
        ("PUT", "/api/v1/statuses/1", {}, {"status": "a", "visibility": "public"}, {}),
        ("POST", "/api/v2/media", {}, None, {"description": "a"}),
        ("POST", "/api/v2/media", {}, None, {"file": b"x", "alt": "a"}),
        ("GET", "/api/v1/accounts/1/statuses", {"cursor": "1"}, None, {}),
        ("GET", "/api/v1/status/1", {}, None, {}),
    ],
)
def test_a_call_mastodon_does_not_know_is_caught(
    method: str, path: str, query: dict[str, str], body: object, form: dict[str, object]
) -> None:
    with pytest.raises((AssertionError, ValidationError)):
        mastodon_spec.check_request(method, path, query, body, form, {})


@mastodon_only
def test_text_with_images_is_a_call_mastodon_knows_and_half_a_status_is_no_answer() -> None:
    body = {"status": "a", "media_ids": ["1"], "visibility": "public", "language": "en"}
    mastodon_spec.check_request("POST", "/api/v1/statuses", {}, body, {}, {"Idempotency-Key": "k"})
    with pytest.raises(ValidationError):
        mastodon_spec.check_answer("GET", "/api/v1/statuses/1", 200, {"id": "1"})
    with pytest.raises(AssertionError):
        mastodon_spec.check_answer("POST", "/api/v1/statuses", 201, {})


@bluesky_only
@pytest.mark.parametrize(
    ("method", "name", "query", "body"),
    [
        ("GET", "com.atproto.repo.putRecord", {}, None),
        ("POST", "com.atproto.repo.putRecord", {}, {**put(), "swap": None}),
        ("POST", "com.atproto.repo.putRecord", {}, {**put(), "rkey": "a/b"}),
        ("POST", "com.atproto.repo.putRecord", {}, {**put(), "repo": "somebody"}),
        ("POST", "com.atproto.repo.putRecord", {}, put(txt="a")),
        ("POST", "com.atproto.repo.putRecord", {}, put(createdAt="yesterday")),
        ("POST", "com.atproto.repo.putRecord", {}, put(langs=["en", "es", "de", "fr"])),
        ("POST", "com.atproto.repo.putRecord", {}, put(langs=["English"])),
        ("POST", "com.atproto.repo.putRecord", {}, put(embed=images(alt=None))),
        ("POST", "com.atproto.repo.putRecord", {}, put(embed=images(image={**BLOB, "size": 2_000_001}))),
        ("POST", "com.atproto.repo.putRecord", {}, put(embed=images(image={**BLOB, "mimeType": "video/mp4"}))),
        ("POST", "com.atproto.repo.putRecord", {}, put(embed=images(aspectRatio={"width": 0, "height": 1}))),
        ("POST", "com.atproto.repo.putRecord", {}, put(facets=[{"index": {"byteStart": 0}, "features": []}])),
        ("POST", "com.atproto.repo.putRecord", {}, put(embed={"$type": "app.bsky.embed.picture"})),
        ("POST", "com.atproto.repo.uploadBlob", {}, {"file": "x"}),
        ("GET", "com.atproto.repo.listRecords", {"repo": DID}, None),
        ("GET", "com.atproto.repo.listRecords", {"repo": DID, "collection": "a.b.c", "limit": "101"}, None),
        ("GET", "com.atproto.repo.listRecords", {"repo": DID, "collection": "a.b.c", "since": "1"}, None),
        ("GET", "app.bsky.feed.getPostThread", {"uri": "https://bsky.app/"}, None),
        ("GET", "app.bsky.feed.getLikers", {}, None),
    ],
)
def test_a_call_bluesky_does_not_know_is_caught(method: str, name: str, query: dict[str, str], body: object) -> None:
    with pytest.raises((AssertionError, ValueError, TypeError)):
        bluesky_spec.check_request(method, name, query, body, "")


@bluesky_only
def test_a_post_with_an_image_is_a_call_bluesky_knows_and_a_record_without_its_id_is_no_answer() -> None:
    body = put(langs=["en"], embed=images(aspectRatio={"width": 3, "height": 2}))
    bluesky_spec.check_request("POST", "com.atproto.repo.putRecord", {}, body, "")
    with pytest.raises(bluesky_spec.NotInLexicon, match="cid"):
        bluesky_spec.check_answer("com.atproto.repo.putRecord", 200, {"uri": f"at://{DID}/app.bsky.feed.post/1"})
    with pytest.raises(bluesky_spec.NotInLexicon):
        bluesky_spec.check_answer("com.atproto.repo.putRecord", 400, {"message": "no name"})
