"""What reads the memory."""
