"""The Django app of this room."""

from django.apps import AppConfig


class PostsConfig(AppConfig):
    """Registers the room ``posts``."""

    name = "posts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the room below the reader of what its channels sent, and what people own here. No query is made."""
        from divisions.selectors import activity
        from posts.selectors.activity import Reader
        from posts.services import belongings

        activity.read_with(Reader())
        belongings.register()
