"""The embedded PostgreSQL: find its programs, make a cluster, start, join, stop.

    with Server(Path("var/pg")) as server:
        create_database(server.address.url("postgres"), "quanyu")

No Django here: the command line starts the database before any settings are read.
"""

from quanyu.platform.postgres.address import DATABASE, Address, locate
from quanyu.platform.postgres.cluster import scratch_folder
from quanyu.platform.postgres.databases import create_database, drop_database, ensure_role
from quanyu.platform.postgres.errors import PostgresError
from quanyu.platform.postgres.server import Server

__all__ = [
    "DATABASE",
    "Address",
    "PostgresError",
    "Server",
    "create_database",
    "drop_database",
    "ensure_role",
    "locate",
    "scratch_folder",
]
