"""X's OpenAPI file as a judge of requests and answers. Not strictly valid OpenAPI, so `$ref` is resolved by hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

SPECS = Path(__file__).resolve().parents[3] / "shared" / "platforms" / "specs"
FILE = SPECS / "x" / "openapi.json"
METADATA = {"id", "metadata", "metadata.alt_text", "metadata.alt_text.text"}  # its schema lets a typo pass
OUTSIDE_SPEC = ("/2/oauth2/token",)  # OAuth itself is described in the documentation only
UNNAMED = "about:blank"  # real answers of 401, 403 and 429 carry it; the spec lists nine types


@cache
def document() -> dict[str, Any] | None:
    """Return the spec, or None where it is not at hand."""
    return json.loads(FILE.read_text()) if FILE.exists() else None


@cache
def _registry() -> Registry:
    return Registry().with_resource("urn:x", Resource.from_contents(document(), default_specification=DRAFT4))


def check_request(method: str, path: str, query: dict[str, str], json_body: Any, form: dict[str, Any]) -> None:
    """Fail unless the spec knows this call, each of its parameters and every field of its body."""
    if document() is None or path in OUTSIDE_SPEC:
        return
    operation, pointer = _operation(method, path)
    known = {parameter["name"]: parameter for parameter in map(_resolved, operation.get("parameters", []))}
    for name, value in query.items():
        assert name in known, f"{method} {path} has no parameter {name}"
        _check_parameter(known[name]["schema"], value)
    if json_body is not None:
        _validate(f"{pointer}/requestBody/content/application~1json/schema", json_body)
        if path == "/2/media/metadata":
            assert set(_dotted(json_body)) <= METADATA
    if form:
        fields = {name: value if isinstance(value, str) else "bytes" for name, value in form.items()}
        _validate(f"{pointer}/requestBody/content/multipart~1form-data/schema", fields)


def check_answer(method: str, path: str, status: int, body: dict[str, Any]) -> None:
    """Fail unless the answer is one the spec describes for this call."""
    if document() is None or path in OUTSIDE_SPEC:
        return
    operation, pointer = _operation(method, path)
    if str(status) in operation["responses"]:
        _validate(f"{pointer}/responses/{status}/content/application~1json/schema", body)
        return
    assert status >= 400, f"{method} {path} never answers {status}"
    if body.get("type") == UNNAMED:
        return
    kind = "application~1problem+json" if "type" in body else "application~1json"
    _validate(f"{pointer}/responses/default/content/{kind}/schema", body)


def _operation(method: str, path: str) -> tuple[dict[str, Any], str]:
    """Find the path template; templates are compared, not the names in their braces."""
    found = document()
    assert found is not None
    parts = path.split("/")
    best: tuple[int, str] | None = None
    for template in found["paths"]:
        wanted = template.split("/")
        fits = len(wanted) == len(parts) and all(
            w == p or w.startswith("{") for w, p in zip(wanted, parts, strict=True)
        )
        holes = template.count("{")
        if fits and method.lower() in found["paths"][template] and (best is None or holes < best[0]):
            best = (holes, template)
    assert best is not None, f"X's spec has no {method} {path}"
    escaped = best[1].replace("~", "~0").replace("/", "~1")
    return found["paths"][best[1]][method.lower()], f"/paths/{escaped}/{method.lower()}"


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _check_parameter(schema: dict[str, Any], value: str) -> None:
    resolved = _resolved(schema)
    if resolved.get("type") == "array":
        items = _resolved(resolved["items"])
        for entry in value.split(","):
            assert "enum" not in items or entry in items["enum"], f"{entry} is not one of {items['enum']}"
    elif resolved.get("type") == "integer":
        assert resolved.get("minimum", 0) <= int(value) <= resolved.get("maximum", 10**9)


def _validate(pointer: str, value: Any) -> None:
    encoded = pointer.replace("{", "%7B").replace("}", "%7D")
    Draft4Validator({"$ref": f"urn:x#{encoded}"}, registry=_registry()).validate(value)


def _dotted(value: Any, prefix: str = "") -> list[str]:
    if not isinstance(value, dict):
        return []
    names = []
    for name, inner in value.items():
        names += [prefix + name, *_dotted(inner, f"{prefix}{name}.")]
    return names
