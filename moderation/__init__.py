"""What is watched: oversight of every account."""
