"""What the twins of Google products share."""
