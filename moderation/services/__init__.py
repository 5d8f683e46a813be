"""What oversight does: each function one act, in one transaction, with its ledger entry."""
