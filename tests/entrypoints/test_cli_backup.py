"""A backup brings everything back to the row, or refuses and leaves things as they are."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path

import psycopg
import pytest

from quanyu.entrypoints.cli import archive
from quanyu.platform import postgres, secret_file
from quanyu.platform.postgres import binaries
from tests.entrypoints.conftest import Quanyu, ask

pytestmark = pytest.mark.slow

FOUND_A_CHAIN = """
    WITH unit AS (SELECT nextval(pg_get_serial_sequence('organization_unit', 'id')) AS id)
    INSERT INTO organization_unit (id, kind, path, code, name, name_en, created_at)
    SELECT id, 'enterprise', ARRAY[id], %s, '全域示范', '', now() FROM unit
"""


@pytest.fixture(scope="module")
def chain(quanyu: Quanyu) -> Path:
    """A chain with one unit and one picture; its backup."""
    with postgres.Server(quanyu.home / "pg") as server, psycopg.connect(server.address.url()) as connection:
        connection.execute(FOUND_A_CHAIN, ["ROOT"])
    picture = quanyu.home / "media" / "sku" / "苹果.webp"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"an apple")
    file = quanyu.home / "backup" / "chain.tar"
    done = quanyu.run("backup", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    return file


def units(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [code for (code,) in connection.execute("SELECT code FROM organization_unit ORDER BY code")]


def test_the_manifest_counts_every_table_and_names_every_file(chain, quanyu):
    assert stat.S_IMODE(chain.stat().st_mode) == 0o600
    with tarfile.open(chain) as tar:
        assert tar.getnames() == ["manifest.json", "database.dump", "media/sku/苹果.webp"]
        manifest = json.load(tar.extractfile("manifest.json"))
    assert manifest["rows"]["organization_unit"] == 1
    assert manifest["rows"]["orders_order"] == 0
    assert sorted(manifest["files"]) == ["database.dump", "media/sku/苹果.webp"]
    secrets = (quanyu.home / "secrets.env").read_text().splitlines()[1:]
    for value in (line.partition("=")[2].removeprefix("k1:") for line in secrets):
        assert value.encode() not in chain.read_bytes()


def test_an_existing_file_is_not_overwritten(chain, quanyu):
    before = chain.read_bytes()
    done = quanyu.run("backup", str(chain))
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert chain.read_bytes() == before


def test_a_database_in_use_is_replaced_only_when_told_to_and_confirmed(chain, quanyu, database):
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE organization_unit SET code = 'LATER'")
    refused = quanyu.run("restore", str(chain))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    declined = quanyu.run("restore", "--replace", str(chain), stdin="n\n")
    assert declined.returncode == 1
    assert units(database) == ["LATER"]
    (quanyu.home / "media" / "later.webp").write_bytes(b"a pear")
    done = quanyu.run("restore", "--replace", str(chain), stdin="y\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rows, as in the manifest" in done.stdout
    assert "0 with breaches" in done.stdout
    assert units(database) == ["ROOT"]
    media = quanyu.home / "media"
    assert [path.relative_to(media).as_posix() for path in media.rglob("*.webp")] == ["sku/苹果.webp"]
    names = ask(database, "SELECT array_agg(datname ORDER BY datname) FROM pg_database WHERE datname LIKE 'quanyu%%'")
    assert names == ["quanyu"]


def test_into_a_new_home_with_the_same_secrets_it_comes_back_whole(chain, quanyu):
    fresh = Quanyu(quanyu.home.parent / "fresh")
    fresh.home.mkdir()
    (fresh.home / "secrets.env").write_text((quanyu.home / "secrets.env").read_text())
    (fresh.home / "secrets.env").chmod(0o600)
    done = fresh.run("restore", str(chain))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "keys are not those" not in done.stdout
    assert (fresh.home / "media" / "sku" / "苹果.webp").read_bytes() == b"an apple"
    again = fresh.run("backup", str(fresh.home / "again.tar"))
    assert again.returncode == 0
    with tarfile.open(fresh.home / "again.tar") as copy, tarfile.open(chain) as original:
        rows = [json.load(tar.extractfile("manifest.json"))["rows"] for tar in (copy, original)]
    assert rows[0] == rows[1]


def test_other_keys_than_those_of_the_backup_are_said_before_anything_happens(chain, quanyu):
    stranger = Quanyu(quanyu.home.parent / "stranger")
    done = stranger.run("restore", str(chain), stdin="n\n")
    assert done.returncode == 1
    assert "keys are not those of the backup" in done.stdout
    assert not (stranger.home / "pg").exists()


def altered(chain: Path, target: Path, change) -> Path:
    """A copy of the backup in which one member passed through `change` (None leaves it out)."""
    with tarfile.open(chain) as source, tarfile.open(target, "w") as copy:
        for member in source.getmembers():
            body = change(member.name, source.extractfile(member).read())
            if body is not None:
                member.size = len(body)
                copy.addfile(member, io.BytesIO(body))
    return target


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda name, body: body[:-1] + b"?" if name == archive.DUMP else body, "database.dump is not what was"),
        (lambda name, body: None if name.startswith("media") else body, "苹果.webp is missing"),
        (lambda name, body: None if name == archive.MANIFEST else body, "not a readable backup"),
        (lambda name, body: b"[]" if name == archive.MANIFEST else body, "not a readable backup"),
        (lambda name, body: body.replace(b'"format": 1', b'"format": 9'), "its format is 9"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_happens(chain, quanyu, database, tmp_path, change, complaint):
    done = quanyu.run("restore", "--replace", "--yes", str(altered(chain, tmp_path / "bad.tar", change)))
    assert done.returncode == 1
    assert complaint in done.stderr
    assert units(database) == ["ROOT"]


def test_a_file_that_is_no_archive_or_leads_out_of_its_folder_is_refused(quanyu, tmp_path):
    (tmp_path / "noise.tar").write_bytes(b"no archive")
    with pytest.raises(archive.Damaged, match="not a readable backup"):
        archive.unpack(tmp_path / "noise.tar", tmp_path / "out")
    with tarfile.open(tmp_path / "sly.tar", "w") as tar:
        member = tarfile.TarInfo("../escaped")
        tar.addfile(member, io.BytesIO())
    with pytest.raises(archive.Damaged, match="outside"):
        archive.unpack(tmp_path / "sly.tar", tmp_path / "out")
    assert not (tmp_path / "escaped").exists()


OLDER = [bindir for bindir in binaries._candidates() if 15 <= binaries.find(bindir).major < 17]


@pytest.mark.skipif(not OLDER, reason="there is no PostgreSQL 15 or 16 on this machine")
def test_a_database_of_ones_own_with_an_older_postgresql_takes_the_backup_too(chain, quanyu):
    with postgres.scratch_folder() as folder, postgres.Server(folder / "pg", bindir=OLDER[0]) as server:
        postgres.create_database(server.address.url("postgres"), "shop")
        url = server.address.url("shop")
        secrets = dict(secret_file.read(quanyu.home / "secrets.env"), DATABASE_URL=url)
        done = quanyu.run("restore", str(chain), **secrets)
        assert done.returncode == 0, done.stdout + done.stderr
        assert units(url) == ["ROOT"]
