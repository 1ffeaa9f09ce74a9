"""Cells that may be a person, hashed before anything of a file is looked at further."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from core.errors import ProviderNotConfigured
from ingestion.csv.headers import plain_header
from ingestion.csv.table import Table
from ingestion.personal import hash_person

# Headers whose cells are a person's, in shops and mail tools.
PERSONAL = re.compile(
    r"(^|.* )(e ?mail( address)?|emails|phone( number)?|first name|last name|full name|fname|lname"
    r"|address \d|address1|address2|street|zip|zip code|postal code|latitude|longitude"
    r"|ip|ip (address|opt|signup)|client ip|browser ip|birthday|credit card .*|recipient|user agent"
    r"|receipt|authorization|reply to|screen name|username)$"
    r"|^(billing|shipping|contact|customer|default)( address)? "
    r"(name|first name|last name|company|city|province|state|street|phone|zip|address.*|latitude|longitude)$"
    r"|^notes?$|^note attributes$|^email .*(client|id)$|^member id$|^person id$"
    r"|^bcc$|^cc$|^from( name)?$|^to name$"
)
# `Email ID` is the number of a mail in some tools, and derived from an address in others.
MAIL_ID = re.compile(r"^email( campaign)? id$")
ADDRESS = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"


def find_personal(table: Table) -> set[str]:
    """Return the headers of columns that may hold persons: by name, or by an e-mail address in a cell."""
    found = {header for header in table.headers if PERSONAL.match(plain_header(header))}
    found -= {header for header in found if MAIL_ID.match(plain_header(header)) and _is_number(table, header)}
    marked = table.frame.select(pl.all().str.contains("@", literal=True).any()).row(0, named=True)
    for header, is_marked in marked.items():
        if is_marked and table.frame[header].str.contains(ADDRESS).any():
            found.add(header)
    return found


def _is_number(table: Table, header: str) -> bool:
    return bool(table.frame[header].str.contains(r"^'?\d*(\.0)?$").all())


def hide(table: Table, key: bytes | None) -> tuple[Table, set[str]]:
    """Return the table with personal cells as keyed hashes, and the headers of the columns hidden.

    Raises:
        ProviderNotConfigured: there are such cells and no key.
    """
    personal = find_personal(table)
    columns = []
    for header in sorted(personal):
        cells = table.frame[header]
        told = cells.unique()
        told = told.filter(told != "")
        if told.is_empty():
            continue
        if key is None:
            raise ProviderNotConfigured(
                f"{table.path.name} holds personal data (column {header!r}) and there is no key to hash it "
                "with; set SPREADERS_HASH_KEY or give hash_key."
            )
        hashes = [hash_person(key, value) for value in told]
        columns.append(cells.replace(told, pl.Series(hashes, dtype=pl.String)).alias(header))
    frame = table.frame.with_columns(columns) if columns else table.frame
    return replace(table, frame=frame), personal
