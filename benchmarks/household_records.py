"""Made-up records of families: one address and landline, shared mail, namesakes, twins and moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from benchmarks.identity_records import ENDS, FIRST, HOSTS, PLACES, SHORT, STEMS, TOWNS, mistype

Rng = np.random.Generator
STREETS = "Mill Church Station Park High Oak Elm Lake Garden School King Queen Green Bridge Hill".split()
WAYS = "Street Road Lane Avenue Way Close".split()
COLUMNS = ("first_name", "surname", "dob", "city", "email", "street", "postcode", "phone")


@dataclass(frozen=True, slots=True)
class Town:
    """How people live and how their records are kept; each rate is a share between 0 and 1.

    `homes` are the shares of homes with 1, 2, ... people; `copies` those of people with 1, 2, ... records.
    """

    homes: tuple[float, ...] = (0.3, 0.3, 0.18, 0.15, 0.07)
    copies: tuple[float, ...] = (0.35, 0.25, 0.2, 0.12, 0.08)
    one_mail: float = 0.2
    namesake_child: float = 0.08
    twins: float = 0.04
    other_surname: float = 0.12
    landline: float = 0.6
    nickname: float = 0.12
    typo: float = 0.08
    swap: float = 0.03
    move: float = 0.12
    marriage: float = 0.04
    other_mail: float = 0.15
    no_dob: float = 0.35
    gap: float = 0.1
    cities: int = 60
    surnames: int = 1200


TOWN = Town()
# The towns quality is judged on: each is off the first one in its own way.
TOWNS_OF = {
    "usual": TOWN,
    "singles": replace(TOWN, homes=(0.8, 0.15, 0.05)),
    "large families": replace(TOWN, homes=(0.1, 0.15, 0.2, 0.25, 0.2, 0.1), namesake_child=0.12, twins=0.08),
    "one mail a family": replace(TOWN, one_mail=0.7, landline=0.9),
    "careless": replace(TOWN, typo=0.16, nickname=0.2, swap=0.06, gap=0.2, move=0.2),
    "tidy": replace(TOWN, typo=0.02, nickname=0.05, swap=0.01, gap=0.03, no_dob=0.1),
    "no day of birth": replace(TOWN, no_dob=0.8),
    "few copies": replace(TOWN, copies=(0.8, 0.15, 0.05)),
    "many copies": replace(TOWN, copies=(0.1, 0.15, 0.2, 0.25, 0.15, 0.15)),
    "one small town": replace(TOWN, cities=3, surnames=250),
}


@dataclass(slots=True)
class Home:
    """An address with what its people share."""

    street: str
    city: str
    postcode: str
    landline: str


@dataclass(slots=True)
class Person:
    """Who a person truly is."""

    first: str
    surname: str
    born: np.datetime64
    home: Home
    mail: str
    phone: str
    moved: Home | None = None
    married: str | None = None
    second_mail: str | None = field(default=None)


def make_household_records(people: int, seed: int = 1, town: Town = TOWN) -> pl.DataFrame:
    """Return the records of `people` persons in a random order: COLUMNS, and `cluster`, the true person."""
    rng = np.random.default_rng(seed)
    rows = [
        (*_record(rng, person, town, is_copy=copy > 0), number)
        for number, person in enumerate(_people(rng, people, town))
        for copy in range(int(rng.choice(len(town.copies), p=_share(town.copies))) + 1)
    ]
    frame = pl.DataFrame(rows, schema=[*COLUMNS, "cluster"], orient="row", infer_schema_length=None)
    return frame[rng.permutation(frame.height)]


def _people(rng: Rng, people: int, town: Town) -> Iterator[Person]:
    surnames = [a + b + c for a in STEMS for b in ("", "el", "in", "o") for c in ENDS]
    surnames = list(rng.permutation(surnames)[: town.surnames])
    cities = list(
        rng.permutation([f"{a} {s}{p}" for a in TOWNS for s in STEMS for p in PLACES])[: town.cities]
    )
    made = 0
    while made < people:
        size = min(int(rng.choice(len(town.homes), p=_share(town.homes))) + 1, people - made)
        yield from _family(rng, size, surnames, cities, town)
        made += size


def _family(rng: Rng, size: int, surnames: list[str], cities: list[str], town: Town) -> Iterator[Person]:
    home, surname = _home(rng, cities), _pick(rng, surnames)
    mail = (
        f"family.{surname}{rng.integers(1000)}@{_pick(rng, HOSTS)}" if rng.random() < town.one_mail else None
    )
    parents: list[Person] = []
    last_born = None
    for place in range(size):
        is_child = place > 1
        born = np.datetime64("1945-01-01") + np.timedelta64(int(rng.integers(0, 40 * 365)), "D")
        if place == 1:
            born = parents[0].born + np.timedelta64(int(rng.normal(0, 1200)), "D")
        if is_child:
            born = parents[0].born + np.timedelta64(int(rng.uniform(20, 38) * 365), "D")
            if last_born is not None and rng.random() < town.twins * 3:
                born = last_born
            last_born = born
        first = _pick(rng, FIRST)
        if is_child and rng.random() < town.namesake_child:
            first = parents[int(rng.integers(2))].first
        own = surname if place == 0 or rng.random() > town.other_surname else _pick(rng, surnames)
        person = Person(first, own, born, home, mail or _mail(rng, first, own, born), _number(rng, "07"))
        person.phone = home.landline if rng.random() < town.landline else person.phone
        person.moved = _home(rng, cities) if rng.random() < town.move * 2 else None
        person.married = _pick(rng, surnames) if rng.random() < town.marriage * 2 else None
        person.second_mail = _mail(rng, first, own, born)
        parents.append(person)
        yield person


def _home(rng: Rng, cities: list[str]) -> Home:
    place = int(len(cities) * rng.random() ** 2)
    street = f"{rng.integers(1, 120)} {_pick(rng, STREETS)} {_pick(rng, WAYS)}"
    return Home(street, cities[place], f"{10 + place % 90}{rng.integers(100, 130)}", _number(rng, "01"))


def _mail(rng: Rng, first: str, surname: str, born: np.datetime64) -> str:
    host, year = _pick(rng, HOSTS), str(born)[2:4]
    shapes = (f"{first}.{surname}", f"{first}.{surname}{year}", f"{first[0]}{surname}{rng.integers(1000)}",
              f"{first}{rng.integers(10_000)}", f"{surname}.{first[0]}{year}")  # fmt: skip
    return f"{_pick(rng, shapes)}@{host}"


def _record(rng: Rng, person: Person, town: Town, *, is_copy: bool) -> tuple[str | None, ...]:
    """Return one record of the person; a first one has gaps only."""
    home, first, surname = person.home, person.first, person.surname
    mail, phone, born = person.mail, person.phone, str(person.born)
    if is_copy:
        if person.moved and rng.random() < 0.5:
            home = person.moved
            phone = home.landline if phone == person.home.landline else phone
        if person.married and rng.random() < 0.5:
            surname = person.married
        if rng.random() < town.nickname:
            first = SHORT.get(first, first[:1] if rng.random() < 0.3 else first)
        if rng.random() < town.other_mail and person.second_mail:
            mail = person.second_mail
        if rng.random() < town.swap:
            first, surname = surname, first
        if rng.random() < town.typo:
            born = _misdate(rng, born)
    values = [first.title(), surname.title(), born, home.city, mail, home.street, home.postcode, phone]
    if is_copy:
        slips = rng.random(len(values)) < town.typo
        slips[2] = False
        values = [mistype(rng, value) if slip else value for value, slip in zip(values, slips, strict=True)]
    gone = rng.random(len(values)) < np.array([0.2, 0.1, 0, 1, 1.5, 1, 1, 1.5]) * town.gap
    gone[2] = rng.random() < town.no_dob
    return tuple(None if lost else str(value) for value, lost in zip(values, gone, strict=True))


def _misdate(rng: Rng, born: str) -> str:
    year, month, day = born.split("-")
    if int(day) <= 12 and rng.random() < 0.5:
        return f"{year}-{day}-{month}"
    return f"{year[:3]}{rng.integers(10)}-{month}-{day}"


def _number(rng: Rng, start: str) -> str:
    return f"{start}{rng.integers(10**8, 10**9)}"


def _pick(rng: Rng, values: list[str] | tuple[str, ...]) -> str:
    """Return a value, the first ones oftener."""
    return str(values[int(len(values) * rng.random() ** 1.6)])


def _share(weights: tuple[float, ...]) -> np.ndarray:
    return np.array(weights) / sum(weights)
