"""What lies on the disk of an installation is its owner's."""

from __future__ import annotations

from pathlib import Path

from django.test import Client

from quanyu.entrypoints.cli import environment
from quanyu.platform import secret_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_logs_records_and_backups_are_closed_to_others(tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "log").mkdir(parents=True)
    (home / "log").chmod(0o755)
    home.chmod(0o755)
    monkeypatch.setenv("QUANYU_HOME", str(home))
    environment.configuration()
    assert [mode(home / name) for name in ("log", "run", "backup")] == [0o700] * 3
    # The database's own account must pass through; nothing above was closed or opened.
    assert mode(home) == 0o755


def test_a_folder_of_somebody_else_is_left_alone(tmp_path, monkeypatch):
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o755)
    monkeypatch.setattr(secret_file.os, "geteuid", lambda: 12345)
    secret_file.keep_folder_private(folder)
    assert mode(folder) == 0o755


def test_no_path_leads_out_of_the_pictures():
    for path in (
        "../secrets.env",
        "%2e%2e/secrets.env",
        "..%2fsecrets.env",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        ".%00/x",
    ):
        answer = Client(raise_request_exception=False).get(f"/media/{path}")
        assert answer.status_code in (301, 302, 400, 404), path
        assert b"QUANYU_" not in answer.content
