"""Bluesky's lexicons as a judge of requests, records and answers: a small reader of their own schema language.

Objects are open in that language, so for our own requests every unknown name is refused besides (`closed`). Whatever
this judge lets through, the reference server judges again in `test_bluesky_server.py`.
"""

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import regex

SPECS = Path(__file__).resolve().parents[3] / "shared" / "platforms" / "specs"
FOLDER = SPECS / "bluesky" / "lexicons"
FORMATS = {
    "did": r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]",
    "handle": r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?",
    "at-uri": r"at://[^/\s]+(/[a-zA-Z0-9.-]+(/[A-Za-z0-9._~:-]+)?)?",
    "nsid": r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z0-9-]+){2,}",
    "cid": r"baf[a-z2-7]{50,}",
    "record-key": r"[A-Za-z0-9._~:-]{1,512}",
    "tid": r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}",
    "language": r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*",
}


class NotInLexicon(AssertionError):
    """What was said is not what the lexicons describe."""


def at_hand() -> bool:
    """Return True where the lexicons are."""
    return FOLDER.is_dir()


@cache
def lexicon(name: str) -> dict[str, Any] | None:
    """Return one lexicon, or None where it is not among those kept."""
    path = FOLDER.joinpath(*name.split(".")).with_suffix(".json")
    return json.loads(path.read_text()) if path.exists() else None


def check_request(method: str, name: str, query: dict[str, str], body: Any, mime: str) -> None:
    """Fail unless the lexicon knows this call, each of its parameters and every field of its body."""
    if not at_hand():
        return
    main = _main(name)
    must(method == ("GET" if main["type"] == "query" else "POST"), f"{name} is a {main['type']}")
    parameters = main.get("parameters") or {"properties": {}}
    must(set(query) <= set(parameters["properties"]), f"{name} has no parameter {sorted(set(query))}")
    must(set(parameters.get("required", [])) <= set(query), f"{name} lacks a parameter")
    for key, value in query.items():
        _check_parameter(parameters["properties"][key], value, key)
    wanted = main.get("input")
    if wanted is None:
        must(body is None, f"{name} takes no body")
    elif wanted["encoding"] == "*/*":
        must(isinstance(body, bytes) and "/" in mime, f"{name} takes bytes with their type")
    else:
        check(wanted["schema"], body, name, "input", closed=True)
        if name == "com.atproto.repo.putRecord":
            words = {name: value[:200] for name, value in body["record"].items() if name == "text"}
            check_record({**body["record"], **words}, closed=True)  # how long a text may be, the server says


def check_answer(name: str, status: int, body: Any) -> None:
    """Fail unless the answer is one the lexicon describes for this call."""
    if not at_hand():
        return
    if status != 200:
        must(isinstance(body.get("error"), str) and isinstance(body.get("message"), str), f"{name}: {body}")
        return
    output = _main(name).get("output")
    if output is not None:
        check(output["schema"], body, name, "output")
    for item in [body, *body.get("records", [])]:
        if "value" in item and "uri" in item:
            check_record(item["value"])


def check_record(record: Any, *, closed: bool = False) -> None:
    """Fail unless a record is what its own lexicon describes."""
    must(isinstance(record, dict) and "$type" in record, "a record names its type")
    main = _main(record["$type"])
    check(main["record"], record, record["$type"], "record", closed=closed)


def must(true: bool, words: str) -> None:
    """Raise NotInLexicon unless true."""
    if not true:
        raise NotInLexicon(words)


def check(schema: dict[str, Any], value: Any, home: str, at: str, *, closed: bool = False) -> None:
    """Check a value against a schema of the lexicon `home`; `at` says where we are."""
    kind = schema["type"]
    if kind == "object":
        _check_object(schema, value, home, at, closed)
    elif kind == "array":
        must(isinstance(value, list), f"{at} is a list")
        must(len(value) <= schema.get("maxLength", len(value)), f"{at} is too long a list")
        for item in value:
            check(schema["items"], item, home, f"{at}[]", closed=closed)
    elif kind == "ref":
        found, where = _resolved(schema["ref"], home)
        check(found, value, where, at, closed=closed)
    elif kind == "union":
        _check_union(schema, value, home, at, closed)
    elif kind == "string":
        _check_string(schema, value, at)
    elif kind == "integer":
        must(isinstance(value, int) and not isinstance(value, bool), f"{at} is a number")
        must(schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{at} is out of bounds")
    elif kind == "boolean":
        must(isinstance(value, bool), f"{at} is yes or no")
    elif kind == "blob":
        _check_blob(schema, value, at)
    else:
        must(kind in ("unknown", "token", "cid-link", "bytes"), f"{at}: no such type: {kind}")


def _check_object(schema: dict[str, Any], value: Any, home: str, at: str, closed: bool) -> None:
    must(isinstance(value, dict), f"{at} is an object")
    properties, nullable = schema.get("properties", {}), schema.get("nullable", [])
    missing = [name for name in schema.get("required", []) if name not in value]
    must(not missing, f"{at} lacks {missing}")
    if closed:
        unknown = sorted(set(value) - set(properties) - {"$type"})
        must(not unknown, f"{at} has no {unknown}")
    for name, inner in properties.items():
        if name in value and not (value[name] is None and name in nullable):
            check(inner, value[name], home, f"{at}.{name}", closed=closed)


def _check_union(schema: dict[str, Any], value: Any, home: str, at: str, closed: bool) -> None:
    must(isinstance(value, dict) and "$type" in value, f"{at} names its type")
    names = {_full(ref, home): ref for ref in schema["refs"]}
    kind = value["$type"].removesuffix("#main")
    must(kind in names, f"{at} is none of {sorted(names)}: {kind}")
    found, where = _resolved(names[kind], home)
    check(found, value, where, at, closed=closed)


def _check_string(schema: dict[str, Any], value: Any, at: str) -> None:
    must(isinstance(value, str), f"{at} is text")
    must(len(value.encode()) <= schema.get("maxLength", len(value.encode())), f"{at} has too many bytes")
    count = len(regex.findall(r"\X", value))
    must(count <= schema.get("maxGraphemes", count), f"{at} has too many characters")
    must(value in schema.get("enum", [value]) and value == schema.get("const", value), f"{at} is none of the list")
    _check_format(schema.get("format"), value, at)


def _check_format(kind: str | None, value: str, at: str) -> None:
    if kind == "datetime":
        found = datetime.fromisoformat(value)
        must(found.tzinfo is not None and "T" in value, f"{at} is no time: {value}")
    elif kind == "uri":
        must(bool(urlsplit(value).scheme), f"{at} is no address: {value}")
    elif kind == "at-identifier":
        both = (FORMATS["did"], FORMATS["handle"])
        must(any(re.fullmatch(one, value) for one in both), f"{at} is neither DID nor handle: {value}")
    elif kind is not None:
        must(re.fullmatch(FORMATS[kind], value) is not None, f"{at} is no {kind}: {value}")


def _check_blob(schema: dict[str, Any], value: Any, at: str) -> None:
    must(isinstance(value, dict) and value.get("$type") == "blob", f"{at} is a blob")
    must(re.fullmatch(FORMATS["cid"], value["ref"]["$link"]) is not None, f"{at} has no content id")
    must(value["size"] <= schema.get("maxSize", value["size"]), f"{at} is too big")
    accepted = schema.get("accept", ["*/*"])
    fits = any(one in ("*/*", value["mimeType"]) or one == value["mimeType"].split("/")[0] + "/*" for one in accepted)
    must(fits, f"{at} is {value['mimeType']}, not {accepted}")


def _check_parameter(schema: dict[str, Any], value: str, at: str) -> None:
    if schema["type"] == "integer":
        check(schema, int(value), "", at)
    elif schema["type"] == "array":
        check(schema["items"], value, "", at)
    elif schema["type"] == "string":
        check(schema, value, "", at)


def _main(name: str) -> dict[str, Any]:
    found = lexicon(name)
    must(found is not None, f"the lexicons have no {name}")
    assert found is not None
    main: dict[str, Any] = found["defs"]["main"]
    return main


def _full(ref: str, home: str) -> str:
    return (home + ref if ref.startswith("#") else ref).removesuffix("#main")


def _resolved(ref: str, home: str) -> tuple[dict[str, Any], str]:
    """Return the definition behind a reference and the lexicon it stands in; what is not kept here is not judged."""
    name, _, part = _full(ref, home).partition("#")
    found = lexicon(name)
    if found is None:
        return {"type": "unknown"}, name
    return found["defs"][part or "main"], name
