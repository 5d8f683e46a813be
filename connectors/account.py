"""What every platform asks of an account before it calls: the address it is spoken to at, and its token.

No platform is named here; what a platform adds (a version, a server of its own) stands in its module.
"""

from __future__ import annotations

from connectors.contract import Account
from connectors.errors import Misconfigured


def base(account: Account, live: str) -> str:
    """Return the address below which everything lies, without a slash at its end; `live` is the platform's own.

    Raises Misconfigured in sandbox mode without one.
    """
    found = account.api_base or (live if account.mode == "live" else "")
    if not found:
        raise Misconfigured(f"{account.handle} is in sandbox mode without an api_base")
    return found.rstrip("/")


def token(account: Account) -> str:
    """Return the access token; raises Misconfigured when the account has none."""
    found = account.secrets.get("access_token", "")
    if not found:
        raise Misconfigured(f"{account.handle or account.platform} has no access_token: connect the account")
    return found
