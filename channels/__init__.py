"""One file per vendor product: its facts, its streams, its operations."""
