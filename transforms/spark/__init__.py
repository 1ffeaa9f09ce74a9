"""Spark jobs on the Delta lake, one a file, each the only writer of its gold tables."""
