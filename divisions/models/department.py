"""The department (one row) and the tree of divisions that speak in its name."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models

from divisions.permissions import Right

# First path segments that the site itself uses, now or for pages still to come.
RESERVED_SLUGS = frozenset(
    [
        "desk",
        "admin",
        "accounts",
        "news",
        "feeds",
        "static",
        "media",
        "health",
        "api",
        "official",
        "policy",
        "search",
        "archive",
        "topics",
        "priorities",
        "blog",
        "events",
        "appeals",
        "removals",
        "accessibility",
        "subscribe",
        "hooks",
        "metrics",
        "es",
    ]
)

slug_validator = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*$",
    "Use lower-case letters, digits and single hyphens, for example north-central.",
)


class Department(models.Model):
    """The agency as a whole. Exactly one row, whose id is 1."""

    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=50, help_text="For narrow places, for example Dallas PD.")
    crest_letters = models.CharField(max_length=4, help_text="Two to four letters in place of a badge.")
    zone = models.CharField("time zone", max_length=50, default="America/Chicago")
    declared_accounts = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many accounts the department says it has, in its published list.",
    )
    phone = models.CharField(max_length=40, blank=True)
    notice = models.CharField(max_length=300, blank=True, default="These pages are not watched around the clock.")
    chief = models.ForeignKey(
        "divisions.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who is told at once when an alert goes out without waiting for review.",
    )
    signing_key = models.TextField(
        blank=True, editable=False, help_text="Ed25519 key of the signed list of accounts; ciphertext only."
    )

    class Meta:
        verbose_name_plural = "department"
        default_permissions = ("add", "change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(name="one_department", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return self.name


class Division(models.Model):
    """A unit with a voice of its own. `path` holds the ids from the root, so that a tree is one prefix match."""

    slug = models.CharField(max_length=60, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=60, help_text="For narrow places, for example Northeast.")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=300, editable=False, db_index=True)
    slug_path = models.CharField(max_length=500, editable=False)
    zone = models.CharField("time zone", max_length=50, blank=True, help_text="Empty = the department's.")
    position = models.PositiveIntegerField(default=0, help_text="Order in lists.")
    intro = models.TextField(max_length=500, blank=True, help_text="One or two sentences for the public page.")
    address = models.TextField(max_length=300, blank=True)
    phone_desk = models.CharField("front desk phone", max_length=40, blank=True)
    phone_tips = models.CharField("tip line", max_length=40, blank=True)
    hours = models.CharField(max_length=300, blank=True, help_text="Monday to Friday, 8 a.m. to 6 p.m.")

    class Meta:
        ordering: ClassVar = ["position", "name"]
        # Django makes view_division itself.
        permissions: ClassVar = [(r.value, f"May {r.label}") for r in Right if r is not Right.VIEW_DIVISION]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="division_slug_not_reserved", condition=~models.Q(slug__in=sorted(RESERVED_SLUGS))
            ),
            models.CheckConstraint(
                name="division_not_its_own_parent",
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The division's public page."""
        return f"/{self.slug}/"
