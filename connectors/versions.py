"""Which version of each platform's API we speak, and until when the platform keeps it. Data only.

docs/connectors.md holds the same in words; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

# developers.facebook.com, "Graph API changelog: versions", read 24 November 2026. A version ends two years after the
# next one came; v26.0 is the newest.
GRAPH_ENDS: Mapping[str, date | None] = {
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": None,
}


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """What we speak. `ends_on` = the first day on which the platform need not answer; None = no end is announced.

    `known` is False for a version somebody set that does not stand in our table.
    """

    name: str
    ends_on: date | None = None
    known: bool = True


VERSIONS: Mapping[str, ApiVersion] = {
    "facebook": ApiVersion("Graph v25.0", GRAPH_ENDS["v25.0"]),
    "x": ApiVersion("API v2"),
    "youtube": ApiVersion("Data API v3"),
    "nixle": ApiVersion("Everbridge Suite REST"),
    "mastodon": ApiVersion("API v1, media v2"),
    "bluesky": ApiVersion("AT Protocol, lexicons of August 2026"),
    "webhook": ApiVersion("Standard Webhooks 1.0"),
}


def spoken(platform: str, settings: Mapping[str, Any]) -> ApiVersion | None:
    """The version one account is spoken to in; None where there is none (our own pages, e-mail)."""
    asked = str(settings.get("graph_version") or "")
    if platform != "facebook" or not asked:
        return VERSIONS.get(platform)
    return ApiVersion(f"Graph {asked}", GRAPH_ENDS.get(asked), known=asked in GRAPH_ENDS)
