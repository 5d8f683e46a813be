"""The Django app of this room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Registers the room ``records``."""

    name = "records"
    default_auto_field = "django.db.models.BigAutoField"
