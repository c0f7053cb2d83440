"""Remember which code last prepared which database, so that a later start need not even load Django to know."""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import psycopg

import quanyu

# Packages with tables of their own.
WITH_TABLES = ("django", "django-axes", "procrastinate")


@dataclass(frozen=True)
class Prepared:
    """code: fingerprint of migrations and SQL rooms. database: identity of the database. accounts: of the demo."""

    code: str
    database: str
    demo: bool
    accounts: list[list[str]]


def code_fingerprint() -> str:
    """A checksum over every migration, every SQL room and the versions of the packages that bring tables."""
    package = Path(quanyu.__file__).parent
    digest = hashlib.sha256(" ".join(metadata.version(name) for name in WITH_TABLES).encode())
    for path in sorted([*package.glob("**/migrations/*.py"), *package.glob("**/sql/*.sql")]):
        digest.update(str(path.relative_to(package)).encode() + path.read_bytes())
    return digest.hexdigest()


def database_identity(url: str) -> str:
    """What changes when the database becomes another one, even under the same name."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()), oid FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return f"{row[0]}/{row[1]}"


def read(path: Path) -> Prepared | None:
    """What was remembered, or None; a file that cannot be understood counts as nothing."""
    try:
        return Prepared(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write(path: Path, state: Prepared) -> None:
    """Remember; for us alone, because the demo accounts' passwords are in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(state), ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
