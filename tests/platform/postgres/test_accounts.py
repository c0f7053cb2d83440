"""Root lends the server a lesser account and opens nobody's folder; anybody else just runs it."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import warnings
from pathlib import Path

import psycopg
import pytest

from quanyu.platform import postgres
from quanyu.platform.postgres import account, binaries, postmaster

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has an account to lend")


def modes(folder: Path) -> dict[Path, int]:
    return {part: stat.S_IMODE(part.stat().st_mode) for part in (folder, *folder.parents)}


@as_root
def test_root_runs_the_server_under_an_account_that_exists(server, cluster):
    lent = account.server_account()
    assert lent.name in ("postgres", "nobody")
    status = Path(f"/proc/{postmaster.read(cluster).pid}/status").read_text()
    assert f"Uid:\t{lent.uid}\t{lent.uid}\t{lent.uid}\t{lent.uid}\n" in status
    assert f"Gid:\t{lent.gid}\t{lent.gid}\t{lent.gid}\t{lent.gid}\n" in status
    assert cluster.stat().st_uid == lent.uid
    assert stat.S_IMODE(cluster.stat().st_mode) == 0o700


@as_root
def test_under_a_closed_home_the_data_moves_to_a_reachable_place_and_the_home_stays_closed(home, monkeypatch):
    monkeypatch.setattr(binaries, "REACHABLE_BASES", (home,))
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    wanted = closed / "checkout" / "var" / "pg"
    wanted.parent.mkdir(parents=True)
    before = modes(wanted.parent)
    said: list[str] = []
    with postgres.Server(wanted, unsafe_fast=True, say=said.append) as server:
        place = server.data_dir
        assert place.parent.parent == home
        assert wanted.is_symlink()
        assert wanted.resolve() == place
    assert modes(wanted.parent) == before
    assert any(str(place) in line for line in said)
    with postgres.Server(wanted, unsafe_fast=True) as again:
        assert again.data_dir == place
        assert postgres.locate(wanted.parent) is not None


@as_root
def test_programs_under_a_closed_home_are_copied_to_a_reachable_place(home, monkeypatch):
    monkeypatch.setattr(binaries, "REACHABLE_BASES", (home,))
    package = next(binaries._candidates()).parent.parent
    closed = home / "venv"
    closed.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        if (package.parent / name).exists():
            (closed / name).symlink_to(package.parent / name)
    bindir = closed / package.name / "pginstall" / "bin"
    with postgres.Server(home / "copied", bindir=bindir, unsafe_fast=True) as server:
        program = Path(f"/proc/{postmaster.read(server.data_dir).pid}/exe").resolve()
        with psycopg.connect(server.address.url("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert program.is_relative_to(home)
    assert not program.is_relative_to(closed)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    copies = list(home.glob("quanyu-postgres-*"))
    assert len(copies) == 1
    shutil.rmtree(copies[0])


@as_root
def test_an_ordinary_user_runs_it_as_itself(home):
    nobody = pwd.getpwnam("nobody")
    user = account.Account("nobody", nobody.pw_uid, nobody.pw_gid)
    programs = binaries.find()
    if not account.can_enter(user, programs.bindir):
        pytest.skip("the environment lies in a folder that only root may enter")
    folder = home / "nobody"
    folder.mkdir()
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on fork beside threads
        child = os.fork()
    if child == 0:
        _as_nobody(folder, nobody)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert (folder / "pg").stat().st_uid == nobody.pw_uid


def _as_nobody(folder: Path, nobody: pwd.struct_passwd) -> None:
    """In the child: its own user starts, writes and stops; the exit code says whether all went well."""
    code = 1
    try:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        with postgres.Server(folder / "pg", unsafe_fast=True) as server:
            assert postgres.create_database(server.address.url("postgres"), "quanyu")
            assert postmaster.life(postmaster.read(server.data_dir).pid) is postmaster.Life.ALIVE
        assert not server.alive()
        code = 0
    finally:
        os._exit(code)
