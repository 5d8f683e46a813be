"""The table in docs/connectors.md is what the connectors say of themselves."""

from pathlib import Path

from connectors import versions
from connectors.contract import Capabilities, EditRules
from connectors.registry import PLATFORMS, PlatformInfo, get

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"


def test_the_feature_matrix_is_true() -> None:
    written = _matrix()
    for info in PLATFORMS:
        expected = _column(info, get(info.slug).capabilities())
        shown = {row: cells[info.slug] for row, cells in written.items()}
        assert shown == expected, info.slug


def _matrix() -> dict[str, dict[str, str]]:
    """Return the first table as {row: {platform: cell}}."""
    table = PAGE.read_text("utf-8").partition("<!-- matrix")[2].partition("\n\n")[2].partition("\n\n")[0]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert head[1:] == [info.slug for info in PLATFORMS]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def _column(info: PlatformInfo, can: Capabilities) -> dict[str, str]:
    comments = can.comments
    policy = "–" if info.hand_off_only else get(info.slug).ambiguous_policy.value
    return {
        "how": "own" if info.own else "by hand" if info.hand_off_only else "connector",
        "text limit": "none" if can.max_text is None else str(can.max_text),
        "counted in": can.counter,
        "second limit, bytes": _or_dash(can.max_bytes),
        "title limit": _or_dash(can.max_title),
        "a link counts": "as it is" if can.url_length is None else str(can.url_length),
        "media": ", ".join(can.media.kinds) or "none",
        "how many": str(can.media.count),
        "description limit": _or_dash(can.media.alt_max),
        "needs media": _yes(can.requires_media),
        "edit": _edit(can.edit),
        "withdraw": _yes(can.withdraw),
        "list own posts": _yes(can.list_own),
        "comments: read, hide, reply": ", ".join(map(_yes, (comments.read, comments.hide, comments.reply))),
        "counts": _yes(can.metrics),
        "never twice by": can.idempotency,
        "after an answer not heard": policy,
    }


def _edit(rules: EditRules) -> str:
    words = rules.when
    if rules.window_s is not None:
        words += f" {rules.window_s // 60} min × {rules.times}"
    return words + (", text only" if rules.text_only else "") + (", new id" if rules.new_id else "")


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def test_the_versions_and_their_ends_are_true() -> None:
    table = PAGE.read_text("utf-8").partition("<!-- versions")[2].partition("\n\n")[2].partition("\n\n")[0]
    written = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert written == [[slug, version.name, _until(version)] for slug, version in versions.VERSIONS.items()]


def _until(version: versions.ApiVersion) -> str:
    return f"{version.ends_on:%-d %B %Y}" if version.ends_on else "no end announced"
