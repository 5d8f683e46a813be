"""What a connector keeps between its calls, as it stands in the row: an upload's address is a key, so it is sealed.

Everything else is plain JSON. The ledger and the logs get none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from divisions.services import credentials

SECRET = "session"  # noqa: S105  the name under which connectors keep an upload's address, not one


def sealed(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state as it may stand in the database; sealing twice changes nothing."""
    if not isinstance(state.get(SECRET), str):
        return dict(state)
    return {**state, SECRET: {"sealed": credentials.seal({SECRET: state[SECRET]})}}


def opened(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state as the connector left it. Raises BadInput (field FIELD_KEYS) when no current key opens it."""
    kept = state.get(SECRET)
    if not isinstance(kept, dict):
        return dict(state)
    return {**state, **credentials.open_sealed(kept["sealed"], of="An upload's address", else_="try it again")}
