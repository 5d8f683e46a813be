"""YouTube's discovery document as a judge of requests and answers: path, method, parameters, body, media type.

The methods that we call travel with the tests (`specs/youtube.v3.subset.json`), so this runs on any machine. The
sign-in and the pieces of an upload are Google's own protocols, described in its documentation only.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent / "specs" / "youtube.v3.subset.json"
WHOLE = Path(__file__).resolve().parents[3] / "shared" / "platforms" / "specs" / "youtube" / "youtube.v3.json"
OUTSIDE_SPEC = ("/token", "/o/oauth2/")
PIECES = ("PUT", "/resumable/upload/youtube/v3/videos")
RESUMABLE, MULTIPART = "resumable", "simple"
KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


@cache
def document() -> dict[str, Any]:
    """Return the part of the document that we call."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def check_request(
    method: str, path: str, query: dict[str, str], body: Any, headers: dict[str, str], content: bytes | None = None
) -> None:
    """Fail unless the document knows this call, each of its parameters and every field of its body."""
    if path.startswith(OUTSIDE_SPEC) or (method, path) == PIECES:
        return
    known, protocol = _method(method, path)
    _check_parameters(known, method, path, query, protocol)
    if protocol == RESUMABLE:
        accepted = known["mediaUpload"]["accept"]
        assert any(_accepts(kind, headers["X-Upload-Content-Type"]) for kind in accepted), headers
        assert int(headers["X-Upload-Content-Length"]) <= int(known["mediaUpload"]["maxSize"])
    if protocol == MULTIPART:
        assert headers["Content-Type"].startswith("multipart/related; boundary="), headers
        assert query["uploadType"] == "multipart"
        body = json.loads((content or b"").split(b"\r\n\r\n")[1].partition(b"\r\n--")[0])
    assert (body is None) is ("request" not in known), f"{method} {path} with body {body!r}"
    if body is not None:
        _check({"$ref": known["request"]["$ref"]}, body, known["request"]["$ref"])
        said = {name for name in query["part"].split(",") if name != "id"}
        assert set(body) - {"id", "kind"} <= said, f"{method} {path} says {sorted(body)} and names {sorted(said)}"


def check_answer(method: str, path: str, status: int, body: dict[str, Any] | None) -> None:
    """Fail unless the answer is one the document describes for this call; errors are in the documentation only."""
    if (method, path) == PIECES and status == 200:
        _check({"$ref": "Video"}, body, "Video")
    if path.startswith(OUTSIDE_SPEC) or (method, path) == PIECES:
        return
    known, protocol = _method(method, path)
    if status >= 400:
        error = (body or {})["error"]
        assert error["code"] == status
        assert error["errors"][0]["reason"]
    elif protocol == RESUMABLE or "response" not in known:
        assert not body, f"{method} {path} answers no body"
    else:
        _check({"$ref": known["response"]["$ref"]}, body, known["response"]["$ref"])


def _method(method: str, path: str) -> tuple[dict[str, Any], str]:
    """Find the method of this path, plain or as one of its two ways to upload."""
    for resource in document()["resources"].values():
        for known in resource["methods"].values():
            if known["httpMethod"] != method:
                continue
            if path == f"/{known['path']}":
                return known, ""
            for protocol, way in (known.get("mediaUpload") or {}).get("protocols", {}).items():
                if path == way["path"]:
                    return known, protocol
    raise AssertionError(f"YouTube's document has no {method} {path}")


def _check_parameters(known: dict[str, Any], method: str, path: str, query: dict[str, str], protocol: str) -> None:
    parameters = {**document()["parameters"], **known.get("parameters", {})}
    required = {name for name, one in known.get("parameters", {}).items() if one.get("required")}
    assert required <= set(query), f"{method} {path} needs {sorted(required - set(query))}"
    assert "uploadType" not in query or protocol, f"{method} {path} uploads nothing"
    for name, value in query.items():
        assert name in parameters, f"{method} {path} has no parameter {name}"
        parameter = parameters[name]
        values = value.split(",") if parameter.get("repeated") else [value]
        for one in values:
            _check_value(parameter, one, f"{path}?{name}")
    resource = (known.get("request") or {}).get("$ref") or _listed(known)
    parts = {part for part in query.get("part", "").split(",") if part}
    strange = parts - set(document()["schemas"][resource]["properties"]) if resource else set()
    assert not strange, f"{resource} has no part {sorted(strange)}"


def _listed(known: dict[str, Any]) -> str:
    """Return the resource of which a method answers a list."""
    name = (known.get("response") or {}).get("$ref", "")
    items = (document()["schemas"].get(name) or {}).get("properties", {}).get("items") or {}
    return str((items.get("items") or {}).get("$ref") or "")


def _check_value(schema: dict[str, Any], value: str, where: str) -> None:
    assert "enum" not in schema or value in schema["enum"], f"{where} is none of {schema['enum']}: {value}"
    if schema["type"] == "integer":
        assert int(schema.get("minimum", 0)) <= int(value) <= int(schema.get("maximum", 10**9)), f"{where}={value}"
    if schema["type"] == "boolean":
        assert value in ("true", "false"), f"{where}={value}"


def _check(schema: dict[str, Any], value: Any, where: str) -> None:
    """Compare a value with its schema; a field that the schema does not name is a fault."""
    if "$ref" in schema:
        schema = document()["schemas"][schema["$ref"]]
    kind = schema.get("type", "any")
    if kind == "any":
        return
    assert isinstance(value, KINDS[kind]), f"{where} is no {kind}: {value!r}"
    assert kind == "boolean" or not isinstance(value, bool), f"{where} is no {kind}: {value!r}"
    if kind == "object":
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            assert name in properties or others, f"{where} has no {name}"
            _check(properties.get(name) or others, inner, f"{where}.{name}")
    elif kind == "array":
        for inner in value:
            _check(schema["items"], inner, f"{where}[]")
    elif "enum" in schema:
        assert value in schema["enum"], f"{where} is none of {schema['enum']}: {value}"
    elif schema.get("format") in ("int64", "uint64"):
        assert kind != "string" or re.fullmatch(r"-?\d+", value), f"{where} is no number: {value!r}"
    elif schema.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value), f"{where} is no time: {value!r}"


def _accepts(wanted: str, mime: str) -> bool:
    return wanted in ("*/*", mime) or (wanted.endswith("/*") and mime.startswith(wanted[:-1]))
