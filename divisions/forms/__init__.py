"""What is typed about who speaks."""
