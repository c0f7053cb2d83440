"""The embedded server: what it promises, how it is joined and left."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import psycopg
import pytest

from quanyu.platform import postgres, secret_file
from quanyu.platform.postgres import binaries, postmaster
from quanyu.platform.postgres import server as supervisor

pytestmark = pytest.mark.slow


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchone()[0]


def test_a_new_cluster_is_durable_checksummed_and_knows_chinese(server):
    url = server.address.url()
    names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "server_encoding", "TimeZone")
    assert [ask(url, f"SHOW {name}") for name in names] == ["on", "on", "on", "on", "UTF8", "UTC"]
    assert ask(url, "SHOW idle_in_transaction_session_timeout") == "1min"
    assert ask(url, "SHOW max_connections") == "100"
    assert ask(url, "SHOW shared_preload_libraries") == "pg_stat_statements"
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        trigrams = connection.execute("SELECT cardinality(show_trgm('全域零售'))").fetchone()[0]
        connection.rollback()
    assert trigrams == 5


def test_answers_on_tcp_and_on_the_socket_and_to_the_password_only(server):
    assert ask(server.address.url(), "SELECT 7") == 7
    assert ask(server.address.socket_url(), "SELECT 7") == 7
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.address.url().replace(server.address.password, "guess"))
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.address.socket_url().replace(server.address.password, ""))


def test_the_password_is_private_and_stands_in_no_log(server, home):
    secrets = home / "secrets.env"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert secret_file.read(secrets)["QUANYU_PG_PASSWORD"] == server.address.password
    assert server.address.password not in server.log_file.read_text()
    assert server.address.password not in repr(server.address)


def test_listens_on_this_machine_only(server):
    assert ask(server.address.url(), "SHOW listen_addresses") == "127.0.0.1"


def test_keeps_port_and_password_over_a_restart(cluster):
    with postgres.Server(cluster) as first:
        before = first.address
    with postgres.Server(cluster) as second:
        assert second.address == before
        assert postgres.locate(cluster.parent) == before


def test_a_second_server_joins_and_does_not_stop_the_first(server, cluster):
    second = postgres.Server(cluster)
    assert second.start() == server.address
    assert (server.owned, second.owned) == (True, False)
    second.stop()
    assert server.alive()
    assert ask(server.address.url(), "SELECT 1") == 1


def test_two_starts_at_once_make_one_server(home):
    starters = [postgres.Server(home / "twins", unsafe_fast=True, stop_with_parent=False) for _ in range(2)]
    gate = threading.Barrier(2)

    def start(server: postgres.Server) -> None:
        gate.wait()
        server.start()

    threads = [threading.Thread(target=start, args=[server]) for server in starters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert sorted(server.owned for server in starters) == [False, True]
        assert starters[0].address == starters[1].address
    finally:
        for server in starters:
            server.stop()


def test_stop_leaves_no_process(cluster):
    server = postgres.Server(cluster)
    server.start()
    assert len(postmaster._workers(cluster)) >= 5
    server.stop()
    assert postmaster._workers(cluster) == []
    assert postmaster.read(cluster) is None
    assert not server.alive()


def test_a_fixed_port_that_is_taken_is_named_and_nothing_starts(server, home):
    other = postgres.Server(home / "other", port=server.address.port, unsafe_fast=True)
    with pytest.raises(postgres.PostgresError, match=f"Port {server.address.port} .* is taken"):
        other.start()
    assert not other.alive()
    assert postmaster._workers(home / "other") == []


def test_the_last_port_taken_by_somebody_else_gives_way_to_a_free_one(cluster, home):
    with postgres.Server(cluster) as first:
        last = first.address.port
    with postgres.Server(home / "squatter", port=last, unsafe_fast=True), postgres.Server(cluster) as second:
        assert second.address.port != last
        assert ask(second.address.url(), "SELECT 1") == 1


def test_settings_are_taken_and_unsafe_only_when_asked_for(cluster):
    with postgres.Server(cluster, settings={"work_mem": "11MB"}) as server:
        assert ask(server.address.url(), "SHOW work_mem") == "11MB"
        assert ask(server.address.url(), "SHOW fsync") == "on"
    with postgres.Server(cluster, unsafe_fast=True) as server:
        assert ask(server.address.url(), "SHOW fsync") == "off"
    with postgres.Server(cluster) as server:
        assert ask(server.address.url(), "SHOW fsync") == "on"
        assert ask(server.address.url(), "SHOW work_mem") == "8MB"


def test_a_path_too_long_for_a_socket_gets_a_short_one_that_goes_with_the_server(home):
    with postgres.Server(home / ("deep" * 25) / "pg", unsafe_fast=True) as server:
        socket_dir = Path(server.address.socket_dir)
        assert socket_dir.parent == Path("/tmp")
        assert ask(server.address.socket_url("postgres"), "SELECT 1") == 1
    assert not socket_dir.exists()


def test_a_cluster_half_made_by_a_killed_start_is_made_anew(home):
    (home / "torn.new").mkdir()
    (home / "torn.new" / "PG_VERSION").write_text("18\n")
    with postgres.Server(home / "torn", unsafe_fast=True) as server:
        assert ask(server.address.url("postgres"), "SELECT 1") == 1
    assert not (home / "torn.new").exists()


def test_data_of_another_major_version_is_refused_and_left_alone(home):
    old = home / "old"
    old.mkdir()
    (old / "PG_VERSION").write_text("14\n")
    with pytest.raises(postgres.PostgresError, match=r"made by PostgreSQL 14.*\n.*quanyu backup"):
        postgres.Server(old).start()
    assert [path.name for path in old.iterdir()] == ["PG_VERSION"]


def test_a_server_that_cannot_start_says_why(cluster):
    broken = postgres.Server(cluster, settings={"shared_buffers": "a lot"})
    with pytest.raises(postgres.PostgresError, match="shared_buffers"):
        broken.start()
    assert not broken.alive()


def test_the_log_is_turned_over_before_it_grows_without_end(cluster, monkeypatch):
    monkeypatch.setattr(supervisor, "LOG_BYTES_MAX", 10)
    with postgres.Server(cluster) as server:
        old = server.log_file.with_name("postgres.log.1")
        assert old.stat().st_size > 10
        assert "ready to accept connections" in server.log_file.read_text()


def test_databases_and_roles_are_made_once(server):
    url = server.address.url("postgres")
    assert postgres.create_database(url, "branch") is True
    assert postgres.create_database(url, "branch") is False
    assert postgres.ensure_role(url, "reader", password="it's a \\secret") is True
    assert postgres.ensure_role(url, "reader", password="another one") is False
    login = f"host=127.0.0.1 port={server.address.port} user=reader dbname=branch password='another one'"
    with psycopg.connect(login) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("reader",)
    postgres.drop_database(url, "branch")
    assert ask(url, "SELECT count(*) FROM pg_database WHERE datname = 'branch'") == 0


@pytest.mark.parametrize("bindir", [*binaries._candidates()], ids=lambda path: path.parent.name)
def test_every_postgresql_on_this_machine_will_do(home, bindir):
    programs = binaries.find(bindir)
    with postgres.Server(home / f"by-{programs.major}", bindir=bindir, unsafe_fast=True) as server:
        url = server.address.url("postgres")
        assert ask(url, "SHOW server_version_num") == f"{programs.major}{programs.version[1]:04d}"
        assert ask(url, "SHOW data_checksums") == "on"
        assert ask(url, "SELECT lower('ÄÖ全域')") == "äö全域"
        assert ask(url, "SELECT '域' ~ '[[:alpha:]]'") is True
