"""Great Expectations over the published lake, the marts and the gold tables, in a process of its own."""
