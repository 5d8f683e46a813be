"""The Django app of this room."""

from django.apps import AppConfig


class PostsConfig(AppConfig):
    """Registers the room ``posts``."""

    name = "posts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the room below the reader of what its channels sent. No query is made here."""
        from divisions.selectors import activity
        from posts.selectors.activity import Reader

        activity.read_with(Reader())
