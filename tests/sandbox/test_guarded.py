"""The shared market under many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from sandbox.guarded import REMEMBERED, GuardedWorld, read_journal


class Market:
    """Counts; a lost update would show."""

    def __init__(self):
        self.version, self.journal = 0, []

    def advance(self, days):
        before = self.version
        sum(range(2000))
        self.version = before + 1
        self.journal.append({"do": "advance", "days": days})

    def act(self, action, *, channel, **fields):
        self.advance(0)
        return f"{channel}/{action}/{len(fields)}"


@pytest.fixture
def world(tmp_path):
    return GuardedWorld(Market(), tmp_path / "journal.json")


def test_an_answer_is_built_once_until_the_market_changes(world):
    built = []
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.cached("key", lambda: built.append(1)), range(50)))
    assert len(built) == 1
    world.act("create_ad", channel="meta_ads")
    world.cached("key", lambda: built.append(1))
    assert len(built) == 2


def test_reading_while_writing_neither_blocks_for_ever_nor_loses_an_action(world):
    def write(_):
        with world.hold():
            world.act("publish_post", channel="facebook", kind="photo")
            return world.cached("rows", lambda: world.version)

    def read(_):
        return world.cached("rows", lambda: world.version)

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(write if n % 2 else read, n) for n in range(200)]
        assert all(job.result(20) is not None for job in jobs)
    assert world.version == 100


def test_the_journal_is_on_disk_after_every_action(world, tmp_path):
    world.advance(3)
    assert read_journal(tmp_path / "journal.json") == [{"do": "advance", "days": 3}]
    assert orjson.loads((tmp_path / "journal.json").read_bytes()) == world.journal
    assert read_journal(tmp_path / "nothing.json") == []


def test_old_answers_are_forgotten(world):
    for number in range(REMEMBERED + 5):
        world.cached(number, str)
    assert world.cached(0, lambda: "again") == "again"
