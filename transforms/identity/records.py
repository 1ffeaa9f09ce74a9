"""Person records made comparable: attributes cleaned, and the parts that comparing and blocking use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import polars as pl

from core.errors import BadInput
from transforms.identity.nicknames import ROOTS

Parts = dict[str, pl.Expr]
# Providers where dots and what follows a plus do not change who receives the mail are too few to guess at;
# an address is compared as written.
DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d")
PHONE_DIGITS = 9  # what is left when country code and leading zeros are taken off
# What a column is, told from its name.
KIND_OF: Mapping[str, str] = MappingProxyType(
    {
        "first_name": "name",
        "firstname": "name",
        "forename": "name",
        "given_name": "name",
        "surname": "name",
        "last_name": "name",
        "lastname": "name",
        "family_name": "name",
        "name": "name",
        "full_name": "name",
        "dob": "date",
        "date_of_birth": "date",
        "birth_date": "date",
        "birthday": "date",
        "city": "place",
        "town": "place",
        "street": "place",
        "address": "place",
        "country": "place",
        "email": "email",
        "email_address": "email",
        "mail": "email",
        "phone": "phone",
        "phone_number": "phone",
        "mobile": "phone",
        "zip": "code",
        "postcode": "code",
        "postal_code": "code",
        "vorname": "name",
        "nachname": "name",
        "geburtsdatum": "date",
        "ort": "place",
        "stadt": "place",
        "strasse": "place",
        "straße": "place",
        "land": "place",
        "e_mail": "email",
        "e_mail_address": "email",
        "telefon": "phone",
        "mobil": "phone",
        "plz": "code",
    }
)
GIVEN, FAMILY = (
    ("first_name", "firstname", "forename", "given_name", "vorname"),
    ("surname", "last_name", "lastname", "family_name", "nachname"),
)
STREETS = ("street", "address", "strasse", "straße")
# Shops put these before the parts of an address; `Address1` is the street.
PREFIX = re.compile(r"^(default_address|billing|shipping|customer)_")


def role_of(column: str, kind: str) -> str:
    """Return which part of a person a column tells: its kind, and for names and places which one."""
    name = plain_name(column)
    if kind == "name":
        return "given" if name in GIVEN else "family" if name in FAMILY else "name"
    if kind == "place":
        return "street" if name in STREETS else "city"
    return kind


def kinds_of(columns: list[str]) -> dict[str, str]:
    """Return the kind of each column whose name tells it: name, date, place, email, phone or code.

    Raises:
        BadInput: fewer than two columns can be told apart, so nothing can be matched.
    """
    found = {column: KIND_OF[name] for column in columns if (name := plain_name(column)) in KIND_OF}
    if len(found) < 2:
        known = ", ".join(sorted(KIND_OF))
        raise BadInput(f"No two columns say who a person is; name them like these: {known}.")
    return found


def plain_name(column: str) -> str:
    """Return a column's name in lower case, words joined by `_`."""
    return PREFIX.sub("", re.sub(r"[^a-zß]+", "_", column.lower()).strip("_"))


def clean(frame: pl.DataFrame, kinds: Mapping[str, str]) -> pl.DataFrame:
    """Return the records with `id` (0 ..) and, for each column, its cleaned value and its parts.

    The parts of column `c` are named `c__<part>`.
    """
    made: list[pl.Expr] = []
    for column, kind in kinds.items():
        text = pl.col(column).cast(pl.String)
        for part, value in CLEANERS[kind](text).items():
            made.append(value.alias(f"{column}__{part}" if part else column))
    return (
        frame.lazy()
        .select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("id"), *made)
        .collect(engine="in-memory")
    )


def _plain(text: pl.Expr) -> pl.Expr:
    # NFKD takes accents off their letters; what is then no letter goes, the accents with it.
    letters = text.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"[^\p{L} ]", "")
    return _said(letters)


def _said(text: pl.Expr) -> pl.Expr:
    bare = text.str.strip_chars()
    return pl.when(bare.str.len_bytes() > 0).then(bare)


def _name(text: pl.Expr) -> Parts:
    plain = _plain(text)
    return {"": plain, "root": plain.replace(dict(ROOTS))}


def _date(text: pl.Expr) -> Parts:
    day = pl.coalesce(*(text.str.slice(0, 10).str.to_date(form, strict=False) for form in DATE_FORMS))
    return {"": day.dt.strftime("%Y%m%d"), "days": day.cast(pl.Int32)}


def _place(text: pl.Expr) -> Parts:
    return {"": _plain(text)}


def _email(text: pl.Expr) -> Parts:
    address = _said(text.str.to_lowercase())
    local = address.str.extract(r"^([^@]+)@")
    return {"": address, "local": local, "digits": local.str.replace_all(r"\D", "")}


def _phone(text: pl.Expr) -> Parts:
    digits = text.str.replace_all(r"\D", "")
    return {"": pl.when(digits.str.len_bytes() >= 6).then(digits.str.tail(PHONE_DIGITS))}


def _code(text: pl.Expr) -> Parts:
    return {"": _said(text.str.to_uppercase().str.replace_all(r"[^0-9A-Z]", ""))}


CLEANERS: Mapping[str, Callable[[pl.Expr], Parts]] = MappingProxyType(
    {"name": _name, "date": _date, "place": _place, "email": _email, "phone": _phone, "code": _code}
)
