"""How complete an account's entry in the register is, from the light row that the wall reads. No queries live here.

What is asked of an entry stands in `divisions.selectors.completeness`; what the platform itself shows of a profile is
compared in the drift watch.
"""

from __future__ import annotations

from divisions.selectors import completeness
from divisions.selectors.completeness import Completeness, Known
from moderation.selectors.accounts import Account


def of_account(account: Account) -> Completeness:
    """The facts asked of an account, and which of them are there."""
    return completeness.of(
        Known(
            account=account,
            of_record=lambda name: getattr(account, f"record__{name}"),
            holders=account.holder_count,
            factors=account.factor_count,
        )
    )
