"""The platforms' own specs judge every call of the suite (see `wire`); here the judges themselves are judged."""

import pytest
from jsonschema import ValidationError

from tests.connectors import facebook_spec, x_spec

X_HERE = x_spec.FILE.exists()
FACEBOOK_HERE = (facebook_spec.FOLDER / "Page.json").exists()
x_only = pytest.mark.skipif(not X_HERE, reason="X's OpenAPI file (specs/x) is not at hand: calls were not checked")
facebook_only = pytest.mark.skipif(
    not FACEBOOK_HERE, reason="Facebook's lists (specs/facebook) are not at hand: calls were not checked"
)


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
