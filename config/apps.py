"""The Django app of the front door."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers ``config``: the Celery app for ``shared_task``, and what connectors may reach."""

    name = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the Celery app, so that a nudge finds its broker, and set the limits of outgoing calls."""
        from django.conf import settings

        from config import celery  # noqa: F401
        from connectors import http

        http.configure(outbound_allow=settings.OUTBOUND_ALLOW, read_timeout_s=settings.HTTP_READ_TIMEOUT_S)
