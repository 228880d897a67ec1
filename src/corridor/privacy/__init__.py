"""Who looked at whose record, what was disclosed, what must be kept: the records ledger."""
