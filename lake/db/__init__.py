"""The database as operations: a caller's own SQL, rows of declared tables, backups and migrations."""
