"""Dagster definitions, schedules and the `spreaders` command line."""
