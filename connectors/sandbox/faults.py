"""How the network misbehaves on request: rules with a chance, a count and a seed of their own, or call by call.

Rules live in memory (a restart behaves again). What a fault looks like on the wire is the platform modules'
business.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

PASSING = ("latency", "500", "429", "drop_after_accept", "slow", "malformed", "expired", "duplicate", "skew")
OUTSIDE = ("outside_post", "outside_edit", "outside_delete", "outside_profile")
WRITES_ONLY = ("drop_after_accept", "malformed")
SCRIPT = "script"  # `value` names what happens to one call after another
GOOD = "ok"
SCRIPTED = (GOOD, *(fault for fault in PASSING if fault != "skew"))


@dataclass(slots=True, kw_only=True)
class Rule:
    """One way to misbehave: for `account` (or "*"), with chance `p`, `count` times (None: for ever).

    `value`: latency and slow in milliseconds, 429 and skew in seconds, 500 "accepted" = after taking effect, or
    "either" = by the toss of a coin. A script's is the list of what happens to call after call: names of SCRIPTED, or
    `{"fault", "value"}`; at its end the account behaves.
    """

    account: str
    fault: str
    p: float = 1.0
    count: int | None = None
    seed: int | None = None
    value: Any = None
    chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  # a made-up network's dice

    def fires(self, names: tuple[str, ...], *, writing: bool, speaking: bool) -> bool:
        """Return True when this call is to be spoiled, and count it."""
        if self.count == 0 or not self.meets(names, writing=writing, speaking=speaking):
            return False
        if self.chance.random() >= self.p:
            return False
        if self.count is not None:
            self.count -= 1
        return True

    def meets(self, names: tuple[str, ...], *, writing: bool, speaking: bool) -> bool:
        """Return True when this call is one that the fault can spoil."""
        if self.account != "*" and self.account not in names:
            return False
        return (writing or self.fault not in WRITES_ONLY) and (speaking or self.fault != "duplicate")

    def following(self, names: tuple[str, ...], *, writing: bool, speaking: bool) -> Rule | None:
        """Return what a script says about this call, and go on to its next line; None = nothing.

        A line waits for the first call that it can spoil.
        """
        if not self.value:
            return None
        line = self.value[0] if isinstance(self.value[0], dict) else {"fault": self.value[0]}
        rule = Rule(account=self.account, fault=line["fault"], value=line.get("value"), seed=self.seed)
        if not rule.meets(names, writing=writing, speaking=speaking):
            return None
        self.value = self.value[1:]
        return None if rule.fault == GOOD else rule

    def number(self, default: float) -> float:
        """Return `value` as a number."""
        return float(self.value) if isinstance(self.value, (int, float, str)) and self.value else default


@dataclass(slots=True)
class Faults:
    """All rules in force, oldest first."""

    rules: list[Rule] = field(default_factory=list)

    def add(self, rule: Rule) -> None:
        """Take a rule; skew replaces an older skew of the same account."""
        if rule.fault == "skew":
            self.rules = [r for r in self.rules if (r.fault, r.account) != ("skew", rule.account)]
        self.rules.append(rule)

    def clear(self, account: str = "*") -> None:
        """Behave again, towards one account or all."""
        self.rules = [] if account == "*" else [rule for rule in self.rules if rule.account != account]

    def fired(self, names: tuple[str, ...], *, writing: bool, speaking: bool) -> dict[str, Rule]:
        """Return the rules that spoil this call, by fault; `names` are the account's names."""
        passing = [rule for rule in self.rules if rule.fault not in ("skew", SCRIPT)]
        found = {r.fault: r for r in passing if r.fires(names, writing=writing, speaking=speaking)}
        for script in (rule for rule in self.rules if rule.fault == SCRIPT):
            if (rule := script.following(names, writing=writing, speaking=speaking)) is not None:
                found[rule.fault] = rule
        return found

    def skew_s(self, names: tuple[str, ...]) -> float:
        """Return by how many seconds the account's clock is wrong."""
        for rule in self.rules:
            if rule.fault == "skew" and (rule.account == "*" or rule.account in names):
                return rule.number(0.0)
        return 0.0
