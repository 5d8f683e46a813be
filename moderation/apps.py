"""The Django app of this room."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Registers the room ``moderation``."""

    name = "moderation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the room below what people have to do here, for handovers. No query is made."""
        from moderation.services import belongings

        belongings.register()
