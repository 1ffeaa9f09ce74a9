"""Runs over every channel that is found: a new one is held to the same promises without a line here."""

import logging
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from channels.catalog import discover
from channels.contract import Span
from channels.records import find, read_frame
from core.errors import AuthExpired, VendorDown
from core.money import minor_digits
from core.operation import REGISTRY
from core.time import Days, local_day
from lake.schemas import SILVER

CHANNELS = discover()
EACH_CHANNEL = pytest.mark.parametrize("name", CHANNELS)
EACH_STREAM = pytest.mark.parametrize(
    ("name", "stream_name"), [(c.name, s.name) for c in CHANNELS.values() for s in c.streams]
)
DAYS = 12


@pytest.fixture(scope="session")
def read(open_channel, market_now):
    """Read a stream of every account of a channel, once: [(account, records)]."""
    connections, done = {}, {}

    def read(name, stream_name):
        if (name, stream_name) not in done:
            connection = connections.setdefault(name, open_channel(name))
            stream = CHANNELS[name].stream(stream_name)
            done[name, stream_name] = [
                (account, list(pages(connection, stream, account)))
                for account in CHANNELS[name].accounts(connection)
            ]
        return done[name, stream_name]

    def pages(connection, stream, account):
        known = ()
        if stream.per:
            other = CHANNELS[connection.channel.name].stream(stream.per)
            found = dict(read(connection.channel.name, stream.per))[account]
            known = read_frame(other, found)["record_key"].unique().sort().to_list()
        last = local_day(market_now, account.timezone) - timedelta(days=1)
        span = Span(
            market_now, days=Days.ending(last, DAYS), since=market_now - timedelta(days=DAYS), known=known
        )
        for page in stream.pages(connection, account, span):
            yield from page

    return read


# --- declarations ------------------------------------------------------------------------------
@EACH_CHANNEL
def test_facts_are_complete(name):
    channel = CHANNELS[name]
    assert channel.name == name
    assert channel.title
    assert channel.api_version
    assert channel.streams
    assert "api" in channel.hosts
    assert all(host.startswith("https://") for host in channel.hosts.values())
    assert any(c.secret for c in channel.credentials)
    assert all(c.about for c in channel.credentials)
    if channel.sunset_on is not None:
        date.fromisoformat(channel.sunset_on)


@EACH_CHANNEL
def test_every_shared_verb_is_handled_or_refused_with_a_source(name):
    channel = CHANNELS[name]
    for operation in REGISTRY:
        if operation.namespace == "ads":
            refusal = channel.refusals.get(operation.name)
            assert (operation.name in channel.handlers) != (refusal is not None), operation.name
            assert refusal is None or (refusal.because and refusal.source)


@EACH_STREAM
def test_a_stream_says_how_it_is_read(name, stream_name):
    stream = CHANNELS[name].stream(stream_name)
    assert (stream.day is not None) == (stream.reading == "window")
    assert (stream.changed is not None) == (stream.reading == "changes")
    paths = [*stream.key, *stream.personal, *filter(None, (stream.day, stream.changed))]
    assert {path.split(".")[0] for path in paths} <= stream.fields.keys()
    assert stream.silver.keys() <= SILVER.keys()
    assert stream.optional <= stream.fields.keys()
    assert stream.per is None or CHANNELS[name].stream(stream.per)


# --- records -----------------------------------------------------------------------------------
@EACH_CHANNEL
def test_accounts_have_a_zone_and_a_currency_that_exist(name, open_channel):
    accounts = CHANNELS[name].accounts(open_channel(name))
    assert accounts
    for account in accounts:
        assert account.id
        assert account.name
        assert ZoneInfo(account.timezone)
        assert account.currency is None or minor_digits(account.currency) >= 0


@EACH_STREAM
def test_records_come_with_unique_keys(name, stream_name, read):
    stream = CHANNELS[name].stream(stream_name)
    assert any(records for _, records in read(name, stream_name))
    for _, records in read(name, stream_name):
        keys = [tuple(find(record, path) for path in stream.key) for record in records]
        assert all(value not in (None, "") for key in keys for value in key)
        assert len(keys) == len(set(keys))


@EACH_STREAM
def test_wire_fields_and_types_are_as_declared(name, stream_name, read):
    stream = CHANNELS[name].stream(stream_name)
    for _, records in read(name, stream_name):
        seen = set().union(*records)
        assert seen <= stream.fields.keys()
        assert not [
            record for record in records if not record.keys() >= stream.fields.keys() - stream.optional
        ]
        assert read_frame(stream, records).height == len(records)


@EACH_STREAM
def test_days_and_instants_can_be_read_and_are_within_what_was_asked(name, stream_name, read, market_now):
    stream = CHANNELS[name].stream(stream_name)
    if stream.day is None:
        return
    for account, records in read(name, stream_name):
        last = local_day(market_now, account.timezone) - timedelta(days=1)
        assert {date.fromisoformat(find(r, stream.day)) for r in records} <= {
            last - timedelta(days=n) for n in range(DAYS)
        }


@EACH_STREAM
def test_silver_rows_have_the_tables_columns_and_keys(name, stream_name, read):
    stream = CHANNELS[name].stream(stream_name)
    for account, records in read(name, stream_name):
        frame = read_frame(stream, records)
        for table, to_rows in stream.silver.items():
            rows, schema = to_rows(frame, account), SILVER[table]
            assert dict(rows.schema) == {**schema.columns, "record_key": pl.String()}
            assert rows.select(pl.col(schema.required).null_count()).row(0) == (0,) * len(schema.required)
            assert rows.select(schema.key).is_unique().all()
            assert set(rows["record_key"]) <= set(frame["record_key"])


@EACH_STREAM
def test_no_records_make_no_rows(name, stream_name, read):
    stream = CHANNELS[name].stream(stream_name)
    account, _ = read(name, stream_name)[0]
    for table, to_rows in stream.silver.items():
        rows = to_rows(read_frame(stream, []), account)
        assert rows.height == 0
        assert dict(rows.schema) == {**SILVER[table].columns, "record_key": pl.String()}


# --- faults ------------------------------------------------------------------------------------
@EACH_CHANNEL
def test_a_rate_limit_is_waited_out_as_told(name, open_channel, faults, waits):
    faults(name, "rate_limit", times=1, seconds=3)
    assert CHANNELS[name].accounts(open_channel(name))
    assert waits[0] >= 3


@EACH_CHANNEL
@pytest.mark.parametrize("kind", ["server_error", "truncated_json"])
def test_a_passing_failure_is_survived(name, kind, open_channel, faults, waits):
    faults(name, kind, times=2)
    assert CHANNELS[name].accounts(open_channel(name))
    assert len(waits) >= 2


@EACH_CHANNEL
def test_a_lasting_failure_is_vendor_down_and_shows_no_secret(name, open_channel, faults, waits, caplog):
    caplog.set_level(logging.DEBUG)
    faults(name, "server_error")
    connection = open_channel(name)
    with pytest.raises(VendorDown) as caught:
        CHANNELS[name].accounts(connection)
    text = " ".join([str(caught.value.as_dict()), caplog.text, *(str(r.__dict__) for r in caplog.records)])
    for credential in CHANNELS[name].credentials:
        assert not credential.secret or connection.fields[credential.name] not in text


@EACH_CHANNEL
def test_an_expired_token_is_renewed_or_asks_to_connect_again(name, open_channel, faults, waits):
    faults(name, "expired_token", times=1)
    connection = open_channel(name)
    if CHANNELS[name].renew is not None:
        assert CHANNELS[name].accounts(connection)
    else:
        with pytest.raises(AuthExpired):
            CHANNELS[name].accounts(connection)


@EACH_CHANNEL
def test_a_wrong_credential_asks_to_connect_again(name, open_channel, waits):
    connection = open_channel(name)
    secrets = [c.name for c in CHANNELS[name].credentials if c.secret]
    connection.fields.update(dict.fromkeys(secrets, "wrong-secret"))
    with pytest.raises(AuthExpired) as caught:
        CHANNELS[name].accounts(connection)
    assert "wrong-secret" not in str(caught.value.as_dict())
