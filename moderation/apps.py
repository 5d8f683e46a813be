"""The Django app of this room."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Registers the room ``moderation``."""

    name = "moderation"
    default_auto_field = "django.db.models.BigAutoField"
