"""Rows of the memory. No foreign keys: an entry survives the deletion of whatever it describes (P11)."""

from records.models.ledger import LedgerEntry

__all__ = ["LedgerEntry"]
