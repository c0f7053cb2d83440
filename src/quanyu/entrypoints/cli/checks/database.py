"""The server: its version, that it keeps what it acknowledges, that it can search Chinese, its clock."""

import time
from collections.abc import Iterator

import psycopg

from quanyu.entrypoints.cli.checks.finding import Finding, ok, problem, warning

SKEW_SECONDS_MAX = 2.0
SAMPLE = "全域零售"
# Each guards what was acknowledged: off, a power cut may lose or tear sales.
DURABLE = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
CONNECTIONS_SHARE_MAX = 0.8


def look(url: str) -> Iterator[Finding]:
    """All findings about the server; it must answer."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        yield ok("server", f"PostgreSQL {connection.info.parameter_status('server_version')}")
        yield durability(connection)
        yield chinese(connection)
        yield clock(connection)
        yield connections(connection)


def durability(connection: psycopg.Connection) -> Finding:
    """What was acknowledged survives a power cut, and silent damage of the disk is noticed."""
    values = {name: str(_value(connection, f"SHOW {name}")) for name in DURABLE}
    off = [name for name, value in values.items() if value in ("off", "local")]
    if off:
        risky = ", ".join(f"{name}={values[name]}" for name in off)
        remedy = "Switch them on in postgresql.conf; checksums with `pg_checksums --enable` while the server is down."
        return problem("durability", risky, remedy)
    return ok("durability", ", ".join(f"{name}={value}" for name, value in values.items()))


def chinese(connection: psycopg.Connection) -> Finding:
    """The locale knows Chinese letters: in the locale C the search index would be empty of them."""
    collation = _value(connection, "SELECT datcollate FROM pg_database WHERE datname = current_database()")
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            found = _value(connection, f"SELECT cardinality(show_trgm('{SAMPLE}'))")
    except psycopg.Error as error:
        remedy = "Let an administrator run CREATE EXTENSION pg_trgm in this database."
        return problem("search", f"pg_trgm cannot be used: {str(error).splitlines()[0]}", remedy)
    if not found:
        remedy = "Create the database anew with the locale C.UTF-8, then `quanyu restore` a backup into it."
        return problem("search", f"the locale {collation} sees no Chinese letters", remedy)
    return ok("search", f"Chinese is searchable (locale {collation})")


def clock(connection: psycopg.Connection) -> Finding:
    """This machine and the database agree on the time."""
    before = time.time()
    there = _value(connection, "SELECT extract(epoch FROM clock_timestamp())::float8")
    here = (before + time.time()) / 2
    skew_s = float(str(there)) - here
    if abs(skew_s) > SKEW_SECONDS_MAX:
        remedy = "Synchronise both clocks (chrony or systemd-timesyncd): promotions and expiries depend on them."
        return problem("clock", f"the database is {skew_s:+.1f} s off", remedy)
    return ok("clock", f"{abs(skew_s) * 1000:.0f} ms between this machine and the database")


def connections(connection: psycopg.Connection) -> Finding:
    """There is room for more connections."""
    used = int(str(_value(connection, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")))
    limit = int(str(_value(connection, "SHOW max_connections")))
    found = f"{used} of {limit} connections used"
    if used > limit * CONNECTIONS_SHARE_MAX:
        return warning("connections", found, "Look for idle clients in pg_stat_activity, or raise max_connections.")
    return ok("connections", found)


def _value(connection: psycopg.Connection, statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None
