"""A server on a file system in memory that only this process and its children see, small enough to be filled.

``python -m tests.harness.small_disk FOLDER``, started by way of :func:`inside_namespace`. Says where the database is;
then, for each line it is given, ``full`` when nothing fits any more, and ``free`` when there is room again (``free
after a restart`` when the server had given up). Ends with its input.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

SIZE_MB = 192
_CHUNK = 1024 * 1024


def inside_namespace(folder: Path, command: list[str]) -> list[str]:
    """Return a command that sees a small disk at the folder, by a mount of its own.

    In a user namespace it is root that mounts, and somebody else again that runs: PostgreSQL refuses root.
    """
    mount = f"mount -t tmpfs -o size={SIZE_MB}m,mode=777 none {folder} && "
    if os.geteuid() == 0:
        return ["unshare", "--mount", "sh", "-c", f'{mount} exec "$@"', "sh", *command]
    again = f"exec unshare --user --map-user={os.geteuid()} --map-group={os.getegid()}"
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'{mount} {again} "$@"', "sh", *command]


def main(folder: Path) -> None:
    """Serve until the input ends."""
    from quanyu.platform import postgres
    from tests.harness.own_cluster import PASSWORD, copy_of_template, url_of

    copy_of_template(folder / "pg")
    settings = {"max_wal_size": "16MB", "min_wal_size": "2MB", "shared_buffers": "32MB"}
    with postgres.Server(folder / "pg", password=PASSWORD, settings=settings) as server:
        print(url_of(server), flush=True)
        for line in sys.stdin:
            if line.strip() == "fill":
                fill(folder / "filler")
                print("full", flush=True)
            else:
                (folder / "filler").unlink()
                restarted = not server.alive()
                if restarted:
                    server.start()
                print("free after a restart" if restarted else "free", flush=True)


def fill(filler: Path) -> None:
    """Write until nothing fits any more, in ever smaller pieces."""
    with filler.open("wb", buffering=0) as stream:
        for size in (_CHUNK, 4096):
            with suppress(OSError):
                while True:
                    stream.write(b"x" * size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
