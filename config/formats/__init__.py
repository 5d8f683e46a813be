"""How Django writes a time where no tag of the look does: in its admin, in its own messages."""
