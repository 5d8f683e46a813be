"""The pages of this room: thin doors to services and selectors."""
