"""The preconditions that every platform shares, as findings: words and weights in one place. Pure but for `asked`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors.connecting.contract import Finding, Scope, Weight
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised

SOON = timedelta(days=14)


def ok(code: str, words: str) -> Finding:
    """A precondition that is met."""
    return Finding(code=code, weight=Weight.OK, words=words)


def second_factor(label: str) -> Finding:
    """No platform tells an app whether the person signs in with a second factor: said as it is."""
    return Finding(
        code="second_factor",
        weight=Weight.UNKNOWN,
        words=f"{label} does not say whether the account has two-factor sign-in.",
        cure="Look at the account's own security settings and switch it on.",
    )


def scopes(wanted: Iterable[Scope], granted: Iterable[str] | None, *, who: str) -> list[Finding]:
    """One finding for all that is granted, and one for each permission that is missing; `who` can grant it."""
    wanted = tuple(wanted)
    if granted is None:
        return [Finding(code="scopes", weight=Weight.UNKNOWN, words="The platform does not say what it granted.")]
    have = set(granted)
    missing = [scope for scope in wanted if scope.name not in have]
    found = [missing_scope(scope, who) for scope in missing]
    if not missing:
        count = len(wanted)
        found.append(
            ok("scopes", "The one permission is granted." if count == 1 else f"All {count} permissions are granted.")
        )
    return found


def missing_scope(scope: Scope, who: str) -> Finding:
    """Name the permission exactly, what is lost without it, and who can grant it."""
    return Finding(
        code=f"scope:{scope.name}",
        weight=Weight.STOP if scope.needed else Weight.WARNING,
        words=f"{scope.name} is missing: without it Substation cannot {scope.gives}.",
        cure=f"{who} signs in again here and leaves it ticked.",
    )


def ends(at: datetime | None, now: datetime, *, renews: bool) -> Finding:
    """Until when the sign-in lasts."""
    if renews:
        return ok("ends", "The sign-in renews itself.")
    if at is None:
        return ok("ends", "The sign-in has no end date.")
    words = f"The sign-in ends on {at:%d %b %Y}."
    if at - now > SOON:
        return ok("ends", words)
    cure = "Reconnect before then: Substation reminds you 14, 7 and 1 days before."
    return Finding(code="ends", weight=Weight.WARNING, words=words, cure=cure)


def trouble(error: ConnectorError) -> Finding:
    """What a failed look means: the sign-in is refused, our own setting is in the way, or nobody answers."""
    if isinstance(error, NotAuthorised):
        cure = "Sign in again: the platform no longer accepts this one."
        return Finding(code="token", weight=Weight.STOP, words=f"The sign-in is refused: {error.message}", cure=cure)
    if isinstance(error, Misconfigured):
        cure = "Whoever runs the server adds this address to OUTBOUND_ALLOW, if it is the right one."
        return Finding(code="reach", weight=Weight.STOP, words=error.message, cure=cure)
    cure = "Check again in a few minutes; nothing is lost."
    return Finding(code="reach", weight=Weight.STOP, words=f"The platform could not be asked: {error}", cure=cure)
