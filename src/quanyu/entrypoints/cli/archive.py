"""The file of a backup: a tar of `manifest.json`, `database.dump` (pg_dump, custom format) and `media/`."""

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
MEDIA = "media"
CHUNK_BYTES = 1 << 20


class Damaged(Exception):
    """The file is not a whole backup of ours. The message says what is wrong with it."""


@dataclass(frozen=True)
class Manifest:
    """What the backup holds. rows: per table at the instant of the dump. files: sha256 by name in the archive.

    key_mark: recognises the keys that personal data is encrypted with, without revealing them.
    """

    version: str
    made_at: str
    server_version: str
    rows: Mapping[str, int]
    files: Mapping[str, str]
    key_mark: str
    format: int = FORMAT


def write(path: Path, manifest: Manifest, dump: Path, media: Path) -> None:
    """Write the archive beside `path` and move it there when complete; readable for the owner only."""
    draft = path.with_name(path.name + ".part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with tarfile.open(draft, "w") as tar:
        body = json.dumps(asdict(manifest), indent=1, ensure_ascii=False).encode()
        note = dump.with_name(MANIFEST)
        note.write_bytes(body)
        tar.add(note, MANIFEST)
        tar.add(dump, DUMP)
        for name, file in media_files(media):
            tar.add(file, name)
    draft.replace(path)


def unpack(path: Path, folder: Path) -> Manifest:
    """Extract into the empty folder and check every file against the manifest. Raises Damaged."""
    try:
        with tarfile.open(path) as tar:
            # The filter refuses links, devices and names that lead out of the folder.
            tar.extractall(folder, filter="data")
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**_of_this_format(values))
    except (tarfile.TarError, OSError, ValueError, TypeError) as error:
        raise Damaged(f"not a readable backup: {error}") from error
    present = {name: file for name, file in _all_files(folder) if name != MANIFEST}
    for name, expected in manifest.files.items():
        if name not in present:
            raise Damaged(f"{name} is missing from it")
        if sha256(present[name]) != expected:
            raise Damaged(f"{name} is not what was written (sha256 differs)")
    strangers = present.keys() - manifest.files.keys()
    if strangers:
        raise Damaged(f"it holds files that its manifest does not name: {', '.join(sorted(strangers)[:3])}")
    return manifest


def media_files(media: Path) -> Iterator[tuple[str, Path]]:
    """Each picture with its name in the archive."""
    for name, file in _all_files(media) if media.is_dir() else ():
        yield f"{MEDIA}/{name}", file


def sha256(path: Path) -> str:
    """The checksum of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _of_this_format(values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise Damaged("not a readable backup: its manifest is no object")
    if values.get("format") != FORMAT:
        raise Damaged(f"its format is {values.get('format')}; this version reads {FORMAT}")
    return values


def _all_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield file.relative_to(folder).as_posix(), file
