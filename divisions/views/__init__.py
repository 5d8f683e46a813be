"""Pages of who speaks."""
