"""Is that remote post the one we sent? Pure; the platform modules fetch, the engine decides.

A match needs the canonical link or the identical normalised text, made after `since` and not by another app.
"""

from __future__ import annotations

import unicodedata

from connectors.contract import Probe, Remote


def normalised(text: str) -> str:
    """Return `text` as compared: NFC, every run of white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def matches(remote: Remote, probe: Probe) -> bool:
    """Return True when `remote` can only be what `probe` looks for (or its exact twin)."""
    if remote.ours is False or remote.created_at < probe.since:
        return False
    if probe.link and (probe.link in remote.links or probe.link in remote.text):
        return True
    return bool(probe.text) and normalised(remote.text) == normalised(probe.text)
