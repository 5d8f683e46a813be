"""The memory: the append-only ledger. Knows nobody above it; later sealing, search, packs, retention live here."""
