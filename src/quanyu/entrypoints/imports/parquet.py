"""Read Parquet files row batch by row batch; DuckDB does the sorting, memory stays constant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

ROWS_AT_ONCE = 5_000


class FileMissing(Exception):
    """The folder does not hold the file that is needed."""


def rows(query: str, **files: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query in which ``{name}`` stands for a file. Raises :class:`FileMissing`."""
    for path in files.values():
        if not path.exists():
            raise FileMissing(str(path))
    # Paths come from the operator's own command line; quotes are doubled so that any name works.
    named = {name: "'" + str(path).replace("'", "''") + "'" for name, path in files.items()}
    with duckdb.connect() as connection:
        found = connection.execute(query.format(**named))
        while batch := found.fetchmany(ROWS_AT_ONCE):
            yield from batch


def value(query: str, **files: Path) -> Any:
    """Return the first column of the first row."""
    return next(rows(query, **files))[0]
