"""The Django app of this room."""

from django.apps import AppConfig


class PostsConfig(AppConfig):
    """Registers the room ``posts``."""

    name = "posts"
    default_auto_field = "django.db.models.BigAutoField"
