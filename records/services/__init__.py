"""What writes the memory."""
