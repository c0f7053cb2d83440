"""Create databases and roles on any server, embedded or not, through psycopg."""

import psycopg
from psycopg import sql


def create_database(url: str, name: str, *, owner: str | None = None) -> bool:
    """Create the database unless it exists; True when it was created. `url` leads to any database there."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return False
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if owner is not None:
            statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
        try:
            connection.execute(statement)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return False  # another process was faster between the look and the statement
    return True


def drop_database(url: str, name: str) -> None:
    """Drop the database if it exists, ending its sessions. `url` leads to another database there."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def ensure_role(url: str, name: str, *, password: str | None = None, login: bool = True) -> bool:
    """Create the role, or set its password when it exists; True when it was created."""
    options = sql.Composed([sql.SQL(" LOGIN") if login else sql.SQL(" NOLOGIN")])
    if password is not None:
        options += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    with psycopg.connect(url, autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        verb = sql.SQL("ALTER ROLE {}") if exists else sql.SQL("CREATE ROLE {}")
        connection.execute(verb.format(sql.Identifier(name)) + options)
    return not exists
