"""How complete an account's entry in the register is: which facts are asked, which are there, what is missing.

An account is found by its handle and its address, trusted when its division says who runs it, and kept when more than
one person can get back into it. Plain Python over facts that somebody else read: no queries live here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from divisions.states import Audience, Mode

TWO = 2  # one can leave, fall ill, or lose a phone
Fact = Callable[["Known"], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one account, whoever read it. `account` has a channel's own names.

    `of_record` gives a field of the register's entry, None where there is no entry. `holders` and `factors` count
    people who can sign in at the platform as administrators, and those of them who hold a second factor.
    """

    account: Any
    of_record: Callable[[str], object]
    holders: int
    factors: int


_OF_ACCOUNT: Mapping[str, Fact] = {
    "handle": lambda k: k.account.handle,
    "address": lambda k: k.account.url,
    "officer on duty": lambda k: k.account.duty_officer_id,
    "promised rhythm": lambda k: k.account.cadence_days,
    "owner": lambda k: k.of_record("owner_id"),
    "recovery address": lambda k: k.of_record("recovery"),
    "second administrator": lambda k: k.holders >= TWO,
    "second factor held by two": lambda k: k.factors >= TWO,
    "day it was opened": lambda k: k.of_record("opened_on"),
}
_OF_CONNECTION: Mapping[str, Fact] = {"id on the platform": lambda k: k.account.remote_id}
_OF_THE_PUBLIC: Mapping[str, Fact] = {
    "e-mail it shows": lambda k: k.of_record("public_email"),
    "phone it shows": lambda k: k.of_record("public_phone"),
    "contact page": lambda k: k.of_record("contact_url"),
    "policy it links": lambda k: k.of_record("policy_url"),
    "page that lists it": lambda k: k.of_record("listed_url"),
    "whether it links back": lambda k: k.of_record("links_back") is not None,
    "reading hours": lambda k: k.of_record("read_hours"),
    "division's introduction": lambda k: k.account.division.intro,
    "division's address": lambda k: k.account.division.address,
    "front desk phone": lambda k: k.account.division.phone_desk,
    "office hours": lambda k: k.account.division.hours,
}


@dataclass(frozen=True, slots=True)
class Completeness:
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


def of(known: Known) -> Completeness:
    """The facts asked of an account: an id where a machine posts, what a profile shows where the public reads."""
    asked = dict(_OF_ACCOUNT)
    if known.account.mode != Mode.HAND_OFF:
        asked |= _OF_CONNECTION
    if known.account.audience == Audience.PUBLIC:
        asked |= _OF_THE_PUBLIC
    missing = tuple(name for name, fact in asked.items() if not fact(known))
    return Completeness(len(asked) - len(missing), len(asked), missing)


def two_admins(holders: int, factors: int) -> str:
    """What is wrong with the two-administrator rule, as a sentence; empty when nothing is."""
    if holders < TWO:
        return f"{'Nobody' if not holders else 'Only one person'} is entered as its administrator; two are needed."
    if factors < TWO:
        return f"{'Nobody' if not factors else 'Only one administrator'} holds a second factor; two are needed."
    return ""
