"""The Django app of this room."""

from django.apps import AppConfig


class DivisionsConfig(AppConfig):
    """Registers the room ``divisions``."""

    name = "divisions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Know what people hold in this room, for handovers. No query is made."""
        from divisions.services import duties

        duties.register()
