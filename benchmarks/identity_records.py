"""Made-up person records with known clusters and the errors of hand-kept lists, from a seed."""

from __future__ import annotations

import numpy as np
import polars as pl

FIRST = """james robert john michael david william richard joseph thomas charles christopher daniel matthew
anthony mark donald steven andrew paul joshua kenneth kevin brian george timothy ronald edward jason
jeffrey ryan jacob nicholas gary eric jonathan stephen larry justin scott brandon benjamin samuel
gregory alexander patrick frank raymond jack dennis jerry mary patricia jennifer linda elizabeth
barbara susan jessica sarah karen lisa nancy betty sandra margaret ashley kimberly emily donna
michelle carol amanda melissa deborah stephanie rebecca laura sharon cynthia kathleen amy angela
shirley anna brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet
catherine maria heather diane ruth julie olivia joyce virginia victoria kelly lauren christina joan
evelyn judith megan andrea cheryl hannah jacqueline martha gloria teresa ann sara madison frances
abigail jean alice julia judy sophia grace denise amber doris marilyn danielle beverly isabella
theresa diana natalie brittany charlotte marie kayla alexis lori mohammed priya wei yuki fatima omar
ingrid lars nadia ivan""".split()
_SHORT = """robert:bob william:bill richard:rick elizabeth:liz margaret:peggy james:jim michael:mike
thomas:tom christopher:chris jennifer:jen katherine:kate samantha:sam edward:ted charles:chuck
patricia:trish rebecca:becky alexander:sasha deborah:debbie susan:sue joseph:joe daniel:dan
nicholas:nick"""
SHORT = dict(pair.split(":") for pair in _SHORT.split())
STEMS = """har wil tho john rob wal mor clar lew hug ed pri bak coop war cart phil bell mar ste and ham
kel gra""".split()
ENDS = """son ton ley man ford well er ing worth field by den ham sey ard ell ock wick mont ridge""".split()
TOWNS = "North South West East Upper Lower New Old".split()
PLACES = "bridge haven field mouth stead bury chester wood port gate".split()
HOSTS = ["gmail.com", "outlook.com", "yahoo.com", "example.org", "mail.net", "post.eu"]
SHAPE = (0.42, 0.25, 0.15, 0.1, 0.05, 0.03)  # shares of persons with 1, 2, ... records


def make_records(size: int, seed: int = 11) -> pl.DataFrame:
    """Return `size` records: unique_id, first_name, surname, dob, city, email, cluster (the true person)."""
    rng = np.random.default_rng(seed)
    people = size
    copies = rng.choice(np.arange(1, len(SHAPE) + 1), people, p=SHAPE)
    person = np.repeat(np.arange(people), copies)[:size]
    surnames = np.array([a + b + c for a in STEMS for b in ("", "el", "in", "o") for c in ENDS])
    cities = np.array([f"{a} {s}{p}" for a in TOWNS for s in STEMS for p in PLACES])
    rng.shuffle(surnames)
    rng.shuffle(cities)
    first = np.array(FIRST)[_skewed(rng, len(FIRST), people, 0.7)]
    surname = surnames[_skewed(rng, len(surnames), people, 0.8)]
    city = cities[_skewed(rng, len(cities), people, 1.0)]
    born = np.datetime64("1945-01-01") + rng.integers(0, 60 * 365, people).astype("timedelta64[D]")
    host = np.array(HOSTS)[_skewed(rng, len(HOSTS), people, 0.7)]
    mail = [_address(rng, f, s, n, h) for n, (f, s, h) in enumerate(zip(first, surname, host, strict=True))]
    is_copy = np.concatenate([[False], person[1:] == person[:-1]])
    rows = [
        _record(rng, (first[p], surname[p], str(born[p]), city[p], mail[p]), cities, spoil=bool(c))
        for p, c in zip(person, is_copy, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=["first_name", "surname", "dob", "city", "email"], orient="row")
    frame = frame.with_columns(unique_id=pl.arange(size), cluster=pl.Series(person))
    order = rng.permutation(size)
    return frame[order].select("unique_id", "first_name", "surname", "dob", "city", "email", "cluster")


def _skewed(rng: np.random.Generator, kinds: int, size: int, power: float) -> np.ndarray:
    weights = 1 / np.arange(1, kinds + 1) ** power
    return rng.choice(kinds, size, p=weights / weights.sum())


def _address(rng: np.random.Generator, first: str, surname: str, number: int, host: str) -> str:
    shape = rng.integers(0, 4)
    if shape == 0:
        return f"{first}.{surname}{number % 1000}@{host}"
    if shape == 1:
        return f"{first[0]}{surname}{number % 97}@{host}"
    return f"{surname}{first[:3]}{number % 10_000}@{host}" if shape == 2 else f"{first}{number}@{host}"


def _record(
    rng: np.random.Generator, person: tuple[str, ...], cities: np.ndarray, *, spoil: bool
) -> tuple[str | None, ...]:
    """Return one record of the person; a copy is spoilt field by field."""
    first, surname, dob, city, mail = person
    if not spoil:
        return (first.title(), surname.title(), dob, city, mail if rng.random() > 0.15 else None)
    dice = rng.random(12)
    if dice[0] < 0.12:
        first = SHORT.get(first, first[:1] if dice[1] < 0.3 else first)
    if dice[2] < 0.12:
        first = mistype(rng, first)
    if dice[3] < 0.12:
        surname = mistype(rng, surname)
    if dice[4] < 0.04:
        surname = f"{surname}-{STEMS[int(rng.integers(len(STEMS)))]}son"  # married
    if dice[5] < 0.05:
        first, surname = surname, first
    if dice[6] < 0.1:
        dob = _misdate(rng, dob)
    if dice[7] < 0.12:
        city = str(cities[int(rng.integers(len(cities)))])  # moved
    if dice[8] < 0.15:
        mail = (
            mistype(rng, mail) if dice[9] < 0.5 else f"{mail.partition('@')[0]}@{HOSTS[int(rng.integers(6))]}"
        )
    found = (first.title(), surname.title(), dob, city, mail)
    gone = rng.random(5) < (0.06, 0.05, 0.1, 0.12, 0.3)
    return tuple(None if lost else value for value, lost in zip(found, gone, strict=True))


def mistype(rng: np.random.Generator, text: str) -> str:
    """Return the text with one slip: a letter doubled, dropped, replaced, or two changed about."""
    place, slip = int(rng.integers(max(len(text) - 1, 1))), int(rng.integers(4))
    letter = chr(97 + int(rng.integers(26)))
    if slip == 0:
        return text[:place] + text[place] + text[place:]
    if slip == 1:
        return text[:place] + text[place + 1 :]
    if slip == 2:
        return text[:place] + letter + text[place + 1 :]
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def _misdate(rng: np.random.Generator, dob: str) -> str:
    """Return the date with day and month changed about, another digit, or the first of January."""
    year, month, day = dob.split("-")
    slip = int(rng.integers(3))
    if slip == 0 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    return f"{year}-01-01" if slip == 1 else f"{year[:3]}{rng.integers(10)}-{month}-{day}"
