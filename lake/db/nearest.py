"""The names nearest to a wrong one, so that whoever asks can correct the query without a look elsewhere."""

from __future__ import annotations

import re
from difflib import get_close_matches

import psycopg

from lake.db.screening import SCHEMAS

WRONG = re.compile(r'(?:relation|column) "?([\w.]+)"? does not exist')
TABLES = """
    SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v', 'm', 'p') AND has_table_privilege(c.oid, 'SELECT')
"""
COLUMNS = """
    SELECT n.nspname || '.' || c.relname || '.' || a.attname FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped AND has_table_privilege(c.oid, 'SELECT')
"""
MOST = 3
LIKENESS = 0.5


def suggest(link: psycopg.Connection, error: psycopg.Error, statement: str) -> str:
    """Return a sentence that names the nearest tables or columns; empty where nothing is near."""
    wrong = WRONG.search(error.diag.message_primary or "")
    if wrong is None:
        return ""
    is_table = isinstance(error, psycopg.errors.UndefinedTable)
    names = [name for (name,) in link.execute(TABLES if is_table else COLUMNS, [list(SCHEMAS)]).fetchall()]
    if not is_table:
        # Columns of the tables that the query names.
        names = [name for name in names if name.split(".")[1] in statement]
    word = wrong[1].lower().rpartition(".")[2]
    by_last: dict[str, str] = {}
    for name in sorted(names):
        by_last.setdefault(name.rpartition(".")[2], name)
    near = get_close_matches(word, by_last, n=MOST, cutoff=LIKENESS)
    if not near:
        return ""
    shown = [by_last[name] if is_table else name for name in near]
    return f" Nearest: {', '.join(shown)}; information_schema.columns lists all."
