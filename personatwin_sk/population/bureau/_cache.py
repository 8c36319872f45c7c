"""A folder with the Bureau's tables that were fetched before.

One file for each table: a line of JSON that says what it holds and where it came from, then the
arrays, deflated. A file is written under another name and then renamed, so that whoever reads, in
this process or another one, finds a whole file or none. What is damaged counts as absent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import re
import tempfile
import time
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from personatwin_sk.exceptions import DataWarning
from personatwin_sk.population.bureau._datasets import TABLES_OF_KIND, TableId
from personatwin_sk.population.bureau._errors import MalformedTableError
from personatwin_sk.population.bureau._tables import Origin, Tables

logger = logging.getLogger(__name__)

_FORMAT = 1
_OURS = re.compile(
    rf"(?P<kind>{'|'.join(TABLES_OF_KIND)})-(?P<vintage>\d{{4}})-(?P<state>\d{{2}})\.census"
)
_HALF_WRITTEN = re.compile(_OURS.pattern.replace("?P<", "?P<_") + r"\.\w+\.part")
# A file that is half written after so many seconds was left behind by a process that died.
_LEFT_BEHIND = 3600.0
# No table of the Bureau comes near; a forged header shall not fill the memory.
_MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class CacheEntry:
    """One table in the cache.

    Parameters
    ----------
    dataset, vintage, url, retrieved : str
        As in `Origin`.
    kind : str
        What it holds, such as "county-characteristics".
    year : int
        The vintage by which it is asked for.
    state : int or None
        Code of the state whose counties it holds; None for a table of the states.
    n_bytes : int
        Size of the file.
    path : Path
        The file.
    """

    dataset: str
    vintage: str
    url: str
    retrieved: str
    kind: str
    year: int
    state: int | None
    n_bytes: int
    path: Path


class Cache:
    """Tables of the Bureau in a folder.

    Parameters
    ----------
    folder : str or Path, optional
        None = ``census_cache`` in the folder that the environment variable PERSONATWIN_HOME names,
        else in ``~/.personatwin``. It is made when the first table is stored.

    Notes
    -----
    A folder that cannot be written to is said once, with a `DataWarning`; tables are then fetched
    again by the next process.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = _default_folder() if folder is None else Path(folder).expanduser()
        self._warned = False

    def load(self, wanted: TableId) -> Tables | None:
        """Read a table.

        Parameters
        ----------
        wanted : TableId
            Which one.

        Returns
        -------
        Tables or None
            None if it is absent, or was damaged: it is then removed.
        """
        path = self.folder / wanted.file_name
        try:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES)
        except OSError:
            return None
        try:
            return _decode(content, wanted)
        except (ValueError, KeyError, TypeError, zlib.error, MalformedTableError) as error:
            logger.info("%s in the cache is damaged (%s)", wanted.file_name, type(error).__name__)
            _remove(path)
            return None

    def store(self, wanted: TableId, tables: Tables) -> None:
        """Write a table.

        Parameters
        ----------
        wanted : TableId
            Under which name.
        tables : Tables
            What to write.

        Warns
        -----
        DataWarning
            If the folder cannot be written to, the first time.
        """
        content = _encode(tables, wanted)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_whole(self.folder / wanted.file_name, content)
            self._sweep()
        except OSError as error:
            logger.info("cannot write to the cache (%s)", type(error).__name__)
            if not self._warned:
                self._warned = True
                warnings.warn(
                    "cache_dir cannot be written to: tables of the Census Bureau are fetched anew "
                    "by each process; name a folder of your own, or set PERSONATWIN_HOME",
                    DataWarning,
                    stacklevel=2,
                )

    def entries(self) -> tuple[CacheEntry, ...]:
        """List what is there.

        Returns
        -------
        tuple of CacheEntry
            By name of the file. Files whose first line cannot be read are left out.
        """
        found = []
        for path in self._files(_OURS):
            try:
                with path.open("rb") as file:
                    header = json.loads(file.readline(1 << 16))
                    size = os.fstat(file.fileno()).st_size
                origin = Origin(**header["origin"])
                kind, year, state = header["kind"], header["year"], header["state"]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            found.append(
                CacheEntry(
                    dataset=origin.dataset,
                    vintage=origin.vintage,
                    url=origin.url,
                    retrieved=origin.retrieved,
                    kind=kind,
                    year=year,
                    state=state or None,
                    n_bytes=size,
                    path=path,
                )
            )
        return tuple(found)

    def clear(self) -> int:
        """Remove all tables, and nothing else that may be in the folder.

        Returns
        -------
        int
            How many tables were removed.
        """
        n_removed = sum(_remove(path) for path in self._files(_OURS))
        for path in self._files(_HALF_WRITTEN):
            _remove(path)
        return n_removed

    def _files(self, pattern: re.Pattern[str]) -> Iterator[Path]:
        try:
            paths = sorted(self.folder.iterdir())
        except OSError:
            return
        for path in paths:
            if pattern.fullmatch(path.name) and path.is_file():
                yield path

    def _sweep(self) -> None:
        """Remove what a process that died has left half written."""
        now = time.time()
        for path in self._files(_HALF_WRITTEN):
            try:
                age = now - path.stat().st_mtime
            except OSError:
                continue
            if age > _LEFT_BEHIND:
                _remove(path)


def _default_folder() -> Path:
    home = os.environ.get("PERSONATWIN_HOME", "").strip() or "~/.personatwin"
    try:
        return Path(home).expanduser() / "census_cache"
    except RuntimeError:
        # A user without a home: a folder below a file, which nobody can write to.
        return Path(os.devnull) / "census_cache"


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _write_whole(path: Path, content: bytes) -> None:
    number, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        _remove(Path(name))
        raise


def _encode(tables: Tables, wanted: TableId) -> bytes:
    parts, layout = [], {}
    for name, array in tables.arrays().items():
        stored = np.ascontiguousarray(array, dtype=_storage(array))
        parts.append(stored.tobytes())
        layout[name] = [stored.dtype.str, list(stored.shape)]
    body = zlib.compress(b"".join(parts), 6)
    header: dict[str, Any] = {
        "personatwin_census": _FORMAT,
        "kind": wanted.kind,
        "year": wanted.vintage,
        "state": wanted.state,
        "origin": dataclasses.asdict(tables.origin),
        "arrays": layout,
    }
    header["sha256"] = _digest(header, body)
    return json.dumps(header).encode("ascii") + b"\n" + body


def _storage(array: np.ndarray) -> str:
    """Return the smallest type that holds the figures exactly."""
    if array.dtype.kind == "f":
        return "<f8"
    most = int(array.max(initial=0))
    return "<u2" if most < 1 << 16 else "<u4" if most < 1 << 32 else "<i8"


def _digest(header: dict[str, Any], body: bytes) -> str:
    # The header is covered as well: where figures come from is part of what a report says.
    told = json.dumps({key: header[key] for key in sorted(header) if key != "sha256"})
    return hashlib.sha256(told.encode("ascii") + b"\n" + body).hexdigest()


def _decode(content: bytes, wanted: TableId) -> Tables:
    """Read a file; `Cache.load` names the errors that say it is damaged."""
    line, _, body = content.partition(b"\n")
    header = json.loads(line)
    if not isinstance(header, dict) or header["sha256"] != _digest(header, body):
        raise ValueError("the check sum is wrong")
    if header["personatwin_census"] != _FORMAT:
        raise ValueError("the file was written by another version")
    if TableId(header["kind"], header["year"], header["state"]) != wanted:
        raise ValueError("the file holds another table")
    tables = TABLES_OF_KIND[wanted.kind]
    inflated = zlib.decompressobj().decompress(body, _MOST_BYTES)
    arrays, start = {}, 0
    for name, (dtype, shape) in dict(header["arrays"]).items():
        size = int(np.prod(shape))
        arrays[name] = np.frombuffer(inflated, dtype, size, start).reshape(shape)
        start += arrays[name].nbytes
    origin = dataclasses.replace(Origin(**header["origin"]), how="cache")
    return tables(origin=origin, **arrays)
