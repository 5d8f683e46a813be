"""What changes who speaks: divisions, people's memberships, channels, links. `by=None` is the system itself."""
