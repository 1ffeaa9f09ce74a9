"""What a channel declares: its facts, its streams, and which shared verbs it can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import polars as pl
import pyarrow as pa

from core.errors import BadInput, SpreadersError, Unsupported
from core.time import Days

if TYPE_CHECKING:
    from channels.connection import Answer, Connection

Record = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])
# How a stream is read again:
#   window    rows belong to account-local days; the trailing `reread_days` are read anew each time and the
#             answer is the whole truth for those days: a key that is gone was taken back by the vendor
#   changes   rows carry an instant of last change; read from the watermark less `overlap`
#   snapshot  the vendor only tells the present; the whole list is read each time
Reading = Literal["window", "changes", "snapshot"]
Pages = Callable[["Connection", "Account", "Span"], Iterator["Sequence[Record] | Gap"]]
Missing = Callable[["Connection", "Account", Sequence[str]], Sequence[str]]
ToSilver = Callable[[pl.DataFrame, "Account"], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Account:
    """An account at the vendor: an ad account, a page, a shop, a mailing account."""

    id: str
    name: str
    currency: str | None
    timezone: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An account that cannot be loaded; `because` is one sentence for the person who owns it."""

    id: str
    because: str


class AccountList(list[Account]):
    """The accounts a credential can read, and those that are left out, each with the reason."""

    def __init__(self, accounts: Iterable[Account] = (), left_out: Iterable[LeftOut] = ()) -> None:
        super().__init__(accounts)
        self.left_out = list(left_out)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something a read did not bring; yielded among the pages, and the read goes on after it.

    A read that ends without a gap is complete: only then may a stored record that did not come count
    as deleted, and only then does the watermark move. An exception ends the read; what came before
    it is stored. With `of`, only the records of that object of `Stream.per` are in doubt: the other
    objects are complete, and this one is read again from its own watermark by the next load.

    Attributes:
        because: One sentence for the person who reads the load's result, without secrets.
        of: The key of the object (one of `Span.known`) that was not read; None: anything may be missing.
        is_lasting: Asking again brings nothing (the vendor keeps no numbers of a deleted video, say):
            the watermark moves on. Nothing counts as deleted either way.
    """

    because: str
    of: str | None = None
    is_lasting: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What one fetch asks for: days for `window`, `since` and `until` for `changes`, none for `snapshot`.

    `now` is the instant of the load; `known` holds the record keys of the stream named in
    `Stream.per` (the video ids whose numbers are wanted, say).
    """

    now: datetime
    days: Days | None = None
    since: datetime | None = None
    until: datetime | None = None
    known: Sequence[str] = ()

    @property
    def window(self) -> Days:
        """The days asked for; a stream that is not read by days has none and raises ValueError."""
        if self.days is None:
            raise ValueError("a window stream was asked without days")
        return self.days


@dataclass(frozen=True, slots=True)
class Credential:
    """A setting the channel needs: `SPREADERS_CHANNELS__<CHANNEL>__<NAME>`."""

    name: str
    about: str
    secret: bool = True
    required: bool = True


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of records of a channel and how it becomes rows.

    Attributes:
        key: Paths (dots for nesting) whose values identify a record within the account.
        fields: The wire types we rely on, by top-level field; others are kept and reported as drift.
        pages: Yields the vendor's records page by page, untouched, and a `Gap` for what it passes over.
        silver: Per silver table, a function from records to rows. It gets the declared fields as
            columns plus `record_key`, and returns that table's own columns plus `record_key`;
            unreadable values become null, never a guess.
        day: Path of the account-local day, for `window`.
        changed: Path of the instant of last change, for `changes`. Totals that grow for ever are read as
            `changes` too: the day they were seen is part of the key and is the change, so that what was
            seen on earlier days stays (a `snapshot` would take it for gone).
        personal: Paths whose values identify a person; hashed before anything is stored.
        unread: Fields that say how a record reached us, not what it says; no new version for these.
        per: Name of a stream of this channel whose keys this one is read for (see `Span.known`). The
            first path of `key` then holds the object's key. Each object has a watermark of its own, and
            the records of an object that was not asked for stay.
        missing: For `changes`, where the vendor does not tell deletions: given the keys that are stored,
            returns those the vendor no longer has. Asked after a complete read.
    """

    name: str
    reading: Reading
    key: tuple[str, ...]
    fields: Mapping[str, pa.DataType]
    pages: Pages
    silver: Mapping[str, ToSilver] = field(default_factory=dict)
    day: str | None = None
    changed: str | None = None
    reread_days: int = 0
    slice_days: int = 31
    history_days: int = 1125
    overlap: timedelta = timedelta(minutes=10)
    personal: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()
    per: str | None = None
    missing: Missing | None = None
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a channel cannot do a shared verb, and where the vendor says so."""

    because: str
    source: str


@dataclass(slots=True)
class Channel:
    """A vendor product: facts as data, then streams, then the shared verbs it handles or refuses.

    `check` looks at every answer (HTTP 200 is not success) and returns the error it means, or None.
    `accounts` lists what the credential can read, as an `AccountList` where some had to be left out.
    `authorise` returns headers and query parameters for a request; `renew` replaces a token that ran
    out (it is called once before a call is given up as `AuthExpired`). `hosts` may name fields: `https://{shop}.myshopify.com`.
    """

    name: str
    title: str
    hosts: Mapping[str, str]
    api_version: str
    sunset_on: str | None
    credentials: tuple[Credential, ...]
    check: Callable[[Answer], SpreadersError | None]
    authorise: Callable[[Connection], tuple[Mapping[str, str], Mapping[str, str]]]
    accounts: Callable[[Connection], list[Account]]
    streams: tuple[Stream, ...] = ()
    concurrency: int = 4
    pace: Callable[[Answer], float] | None = None
    renew: Callable[[Connection], None] | None = None
    handlers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)

    def stream(self, name: str) -> Stream:
        """Return the stream of that name."""
        return next(s for s in self.streams if s.name == name)

    def handles(self, verb: str) -> Callable[[F], F]:
        """Register a function as this channel's way of doing a shared verb."""

        def register(fn: F) -> F:
            self.handlers[verb] = fn
            return fn

        return register

    def refuses(self, verb: str, *, because: str, source: str) -> None:
        """State that the vendor does not offer a shared verb."""
        self.refusals[verb] = Refusal(because, source)

    def handler(self, verb: str) -> Callable[..., Any]:
        """Return the handler of a shared verb.

        Raises:
            Unsupported: the vendor does not offer it, with the vendor's own words as source.
            BadInput: the verb is not for this kind of channel.
        """
        if verb in self.refusals:
            refusal = self.refusals[verb]
            raise Unsupported(f"{self.title} does not offer {verb}: {refusal.because}", refusal.source)
        if verb not in self.handlers:
            raise BadInput(f"{self.title} is no channel for {verb}; name one that is.")
        return self.handlers[verb]
