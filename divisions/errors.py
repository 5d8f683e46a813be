"""What a service of any room says no with. Each carries a plain sentence and the cure; doors only show it."""

from __future__ import annotations


class Refusal(Exception):
    """Base of every refusal a person can be shown. `cure` says what to do about it."""

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} {self.cure}".strip()


class NotAllowed(Refusal):
    """The right is missing; `right` names it, `gate` says what is in the way.

    `who` are the roles that have it, `grants` the people who can give it.
    """

    def __init__(self, right: str, *, where: str, gate: str = "", who: str = "", grants: str = "") -> None:
        super().__init__(f"You may not {right} in {where}. {gate}".strip())
        self.right = right
        self.who = who
        self.say_who_grants(grants)

    def say_who_grants(self, grants: str) -> None:
        """Name who can give the right ("Administrator or Social media officer"); whoever shows it may know better."""
        self.grants = grants
        does = f"{self.who} can do it. " if self.who else ""
        self.cure = f"{does}{grants or 'Whoever manages people here'} can give you the right."


class NotVisible(Refusal):
    """The thing does not exist for this person. Doors answer 404 and say nothing else (P5)."""

    def __init__(self) -> None:
        super().__init__("There is nothing here that you can see.")


class WrongMoment(Refusal):
    """The right is there, the moment is not: the thing is in a state that does not allow this act."""


class BadInput(Refusal):
    """What was typed cannot be used. `field` names the field, the message the limit, `cure` the way out."""

    def __init__(self, field: str, message: str, *, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.field = field


class SomebodyElseSaved(Refusal):
    """The form is stale: another person saved in between. What was typed is kept by the door."""
