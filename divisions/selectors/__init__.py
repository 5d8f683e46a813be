"""Reads of who speaks, always narrowed to what a person may see."""
