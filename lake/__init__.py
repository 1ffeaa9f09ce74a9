"""The lake: Delta tables, the Postgres warehouse, metric definitions, `analytics.*` and `db.*`."""
