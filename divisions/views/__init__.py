"""Pages of who speaks; rules live in the services."""
