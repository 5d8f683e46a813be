"""The Django app of the front door."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers ``config`` and makes its Celery app the one that ``shared_task`` binds to."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the Celery app, so that a nudge from the web process knows its broker."""
        from config import celery  # noqa: F401
