"""Mastodon's OpenAPI file as a judge of requests and answers. Its `$ref`s are resolved by hand.

Its bodies let unknown keys through, so there is an allow-list of our own beside it. Its `createStatus` refuses text
together with media (it fits two of its branches), so such a body is judged as a `MediaStatus`; `editStatus` names
`media_attributes[]`, left over from its generator, which is never sent.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPECS = Path(__file__).resolve().parents[3] / "shared" / "platforms" / "specs"
FILE = SPECS / "mastodon" / "openapi.json"
CREATED = {"status", "media_ids", "language", "visibility", "in_reply_to_id", "spoiler_text", "sensitive"}
EDITED = {"status", "media_ids", "language", "spoiler_text", "sensitive"}
UPLOADED = {"file", "description", "focus"}
HEADERS = {"Authorization", "Accept", "Idempotency-Key"}
NO_BODY = (206,)  # its spec shows none; servers send the unfinished attachment


@cache
def document() -> dict[str, Any] | None:
    """Return the spec, or None where it is not at hand."""
    return json.loads(FILE.read_text()) if FILE.exists() else None


@cache
def _registry() -> Registry:
    resource = Resource.from_contents(document(), default_specification=DRAFT202012)
    return Registry().with_resource("urn:mastodon", resource)


def check_request(
    method: str, path: str, query: dict[str, str], json_body: Any, form: dict[str, Any], headers: dict[str, str]
) -> None:
    """Fail unless the spec knows this call, each of its parameters and every field of its body."""
    if document() is None:
        return
    operation, pointer = _operation(method, path)
    known = {parameter["name"] for parameter in operation.get("parameters", [])}
    assert set(query) <= known, f"{method} {path} has no parameter {sorted(set(query) - known)}"
    assert set(headers) <= HEADERS
    assert "Idempotency-Key" not in headers or "Idempotency-Key" in known
    content = f"{pointer}/requestBody/content"
    if json_body is not None:
        creating = method == "POST" and path == "/api/v1/statuses"
        allowed = CREATED if creating else EDITED if path.startswith("/api/v1/statuses/") else set(json_body)
        assert set(json_body) <= allowed, f"{sorted(set(json_body) - allowed)} is not what {path} takes"
        both = creating and "media_ids" in json_body
        where = "/components/schemas/MediaStatus" if both else f"{content}/application~1json/schema"
        _validate(where, json_body)
    if form:
        assert set(form) <= UPLOADED
        fields = {name: value if isinstance(value, str) else "bytes" for name, value in form.items()}
        _validate(f"{content}/multipart~1form-data/schema", fields)


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Fail unless the answer is one the spec describes for this call."""
    if document() is None or status in NO_BODY:
        return
    operation, pointer = _operation(method, path)
    if str(status) in operation["responses"] and "content" in operation["responses"][str(status)]:
        _validate(f"{pointer}/responses/{status}/content/application~1json/schema", body)
        return
    assert status >= 400, f"{method} {path} never answers {status}"
    _validate("/components/schemas/Error", body)


def _operation(method: str, path: str) -> tuple[dict[str, Any], str]:
    """Find the path template with the fewest holes."""
    found = document()
    assert found is not None
    parts = path.split("/")
    fitting = [
        template
        for template, known in found["paths"].items()
        if method.lower() in known and _fits(template.split("/"), parts)
    ]
    assert fitting, f"Mastodon's spec has no {method} {path}"
    best = min(fitting, key=lambda template: template.count("{"))
    escaped = best.replace("~", "~0").replace("/", "~1")
    return found["paths"][best][method.lower()], f"/paths/{escaped}/{method.lower()}"


def _fits(wanted: list[str], parts: list[str]) -> bool:
    return len(wanted) == len(parts) and all(w == p or w[:1] == "{" for w, p in zip(wanted, parts, strict=True))


def _validate(pointer: str, value: Any) -> None:
    encoded = pointer.replace("{", "%7B").replace("}", "%7D")
    Draft202012Validator({"$ref": f"urn:mastodon#{encoded}"}, registry=_registry()).validate(value)
