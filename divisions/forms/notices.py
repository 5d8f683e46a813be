"""What is ticked about notices: each kind by each way, as checkboxes named `<way>-<kind>`."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import QueryDict

from divisions.notice_kinds import NoticeKind, Way


def read(data: QueryDict, offered: Iterable[NoticeKind]) -> dict[str, frozenset[Way]]:
    """By which ways each of the kinds on offer is wanted; a box that is not there was not ticked."""
    return {kind.code: frozenset(way for way in Way if data.get(f"{way}-{kind.code}")) for kind in offered}
