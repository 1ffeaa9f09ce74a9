"""A folder lets one account pass and stays closed to all others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lake.passage import ACCESS_LIST, let_pass

ACCOUNT, STRANGER = 61_001, 61_002


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs programs as other accounts")
@pytest.mark.case("hardening/H6")
def test_the_account_passes_and_nobody_else(home):
    folder = home  # not under pytest's own folder, which is closed to other accounts
    (folder / "inner").mkdir(mode=0o755)
    (folder / "inner" / "file").write_text("x")
    (folder / "inner" / "file").chmod(0o644)
    folder.chmod(0o700)
    let_pass(folder, ACCOUNT)
    if ACCESS_LIST not in os.listxattr(folder):
        pytest.skip("this file system keeps no access lists")

    def may(account: int, command: list[str]) -> bool:
        done = subprocess.run(
            command, user=account, group=account, extra_groups=[], capture_output=True, check=False
        )
        return done.returncode == 0

    reading = ["/bin/cat", str(folder / "inner" / "file")]
    assert may(ACCOUNT, reading)
    assert not may(ACCOUNT, ["/bin/ls", str(folder)])
    assert not may(STRANGER, reading)
    assert folder.stat().st_mode & 0o007 == 0


def test_a_folder_open_to_all_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    let_pass(tmp_path, ACCOUNT)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    if sys.platform == "linux":
        assert ACCESS_LIST not in os.listxattr(tmp_path)
