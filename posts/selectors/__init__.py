"""Reads of what is said, always narrowed to what a person may see."""
