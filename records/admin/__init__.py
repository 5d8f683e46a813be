"""The ledger in Django admin, and how every room lets people look there without changing anything."""

from records.admin.filters import MomentFilter
from records.admin.ledger import LedgerEntryAdmin
from records.admin.reading import OVERRIDES, Gate, ReadOnly, ReadOnlyAdmin, ReadOnlyInline

__all__ = ["OVERRIDES", "Gate", "LedgerEntryAdmin", "MomentFilter", "ReadOnly", "ReadOnlyAdmin", "ReadOnlyInline"]
