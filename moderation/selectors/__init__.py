"""Reads of what is watched, always narrowed to what a person oversees."""
