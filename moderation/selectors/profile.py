"""How complete an account's entry in the register is: which facts are there, and what the missing ones are called.

An account is found by its handle and its address, and trusted when its division says who it is. Plain Python over
`accounts.Account`; what the platform itself shows of a profile is compared in the drift watch. No queries live here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from divisions.states import Audience, Mode
from moderation.selectors.accounts import Account

_OF_ACCOUNT: Mapping[str, Callable[[Account], object]] = {
    "handle": lambda a: a.handle,
    "address": lambda a: a.url,
    "officer on duty": lambda a: a.duty_officer_id,
    "promised rhythm": lambda a: a.cadence_days,
    "best window": lambda a: a.best_from,
}
_OF_CONNECTION: Mapping[str, Callable[[Account], object]] = {"id on the platform": lambda a: a.remote_id}
_OF_DIVISION: Mapping[str, Callable[[Account], object]] = {
    "division's introduction": lambda a: a.division.intro,
    "division's address": lambda a: a.division.address,
    "front desk phone": lambda a: a.division.phone_desk,
    "office hours": lambda a: a.division.hours,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """How many facts are known of how many, and the names of the missing ones."""

    known: int
    asked: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.known / self.asked

    @property
    def words(self) -> str:
        """ "8 of 10": how it stands in a table."""
        return f"{self.known} of {self.asked}"


def of_account(account: Account) -> Profile:
    """The facts asked of an account: an id where a machine posts, the division's where the public reads."""
    asked = dict(_OF_ACCOUNT)
    if account.mode != Mode.HAND_OFF:
        asked |= _OF_CONNECTION
    if account.audience == Audience.PUBLIC:
        asked |= _OF_DIVISION
    missing = tuple(name for name, fact in asked.items() if not fact(account))
    return Profile(len(asked) - len(missing), len(asked), missing)
