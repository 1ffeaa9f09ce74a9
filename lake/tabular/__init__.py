"""Tables in files of people's own: unpacked, decoded, and told which of their rows are totals."""
