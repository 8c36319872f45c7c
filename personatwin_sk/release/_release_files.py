"""Reads the folder of a release and holds every file to its digest."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import InputError
from personatwin_sk.release._checks import Checklist, Facts, Malformed, not_a_release
from personatwin_sk.release._file_names import (
    DICTIONARY_FILE,
    EVENTS_FILE,
    FILES,
    MANIFEST_FILE,
    PERSONAS_FILE,
    REPORT_FILE,
    RISK_FILE,
    TABLES,
    TWINS,
)
from personatwin_sk.release._manifest import MANIFEST_VERSION, digest
from personatwin_sk.release._spreadsheet import as_meant

_ALWAYS = (PERSONAS_FILE, DICTIONARY_FILE, RISK_FILE)
_LAST_DIGIT = 1e-12
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ReleaseFiles:
    """What a folder of a release holds, read.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        By file name: all texts, null where a cell is empty.
    risk, dictionary, manifest : Facts
    report : bytes or None
        The report, if there is one.
    """

    tables: Mapping[str, pd.DataFrame]
    risk: Facts
    dictionary: Facts
    manifest: Facts
    report: bytes | None

    @property
    def personas(self) -> pd.DataFrame:
        """The table of personas."""
        return self.tables[PERSONAS_FILE]

    @property
    def events(self) -> pd.DataFrame | None:
        """The rows of events, if there are any."""
        return self.tables.get(EVENTS_FILE)


def read_release(folder: str | os.PathLike[str], checks: Checklist) -> ReleaseFiles | None:
    """Read a folder; note what is missing, changed or unreadable.

    Returns
    -------
    ReleaseFiles or None
        None if files cannot be read, so that nothing more can be said.

    Raises
    ------
    InputError
        If it is no folder of a release at all, or cannot be read.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{os.fspath(folder)!r} is not a folder; name the folder of a release")
    contents = {name: _bytes(place / name) for name in FILES if (place / name).is_file()}
    if MANIFEST_FILE not in contents and RISK_FILE not in contents:
        raise not_a_release(os.fspath(folder))
    documents = _documents(contents, checks)
    _check_digests(contents, documents, place, checks)
    tables = _tables(contents, checks)
    if PERSONAS_FILE not in tables or len(documents) < 3:
        return None
    return ReleaseFiles(
        tables=tables,
        risk=documents[RISK_FILE],
        dictionary=documents[DICTIONARY_FILE],
        manifest=documents[MANIFEST_FILE],
        report=contents.get(REPORT_FILE),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def _documents(contents: Mapping[str, bytes], checks: Checklist) -> dict[str, Facts]:
    problems, documents = [], {}
    for name in (MANIFEST_FILE, RISK_FILE, DICTIONARY_FILE):
        if name not in contents:
            problems.append(f"{name} is missing")
            continue
        try:
            document = json.loads(contents[name].decode("utf-8"))
        except ValueError:  # JSON and UTF-8 errors are of this kind
            document = None
        except RecursionError:
            document = None
        if isinstance(document, dict):
            documents[name] = Facts(name, document)
        else:
            problems.append(f"{name} cannot be read as JSON")
    for name in documents:
        version = documents[name].document.get("schema_version")
        if version != MANIFEST_VERSION:
            problems.append(f"{name} has a schema version that this program does not know")
    checks.add("documents", problems, "manifest, risk and data dictionary can be read")
    return documents


def _check_digests(
    contents: Mapping[str, bytes], documents: Mapping[str, Facts], place: Path, checks: Checklist
) -> None:
    """Hold files to the digests of the manifest, and those of risk.json to the same."""
    if MANIFEST_FILE not in documents:
        return
    try:
        listed = documents[MANIFEST_FILE].mapping("files")
    except Malformed as error:
        checks.add("digests", [str(error)], "")
        return
    expected = [*_ALWAYS, *(name for name in contents if name != MANIFEST_FILE)]
    problems = [f"{name} is missing" for name in listed if name not in contents and name in FILES]
    problems += [
        f"{name} is not in the manifest" for name in dict.fromkeys(expected) if name not in listed
    ]
    strange = sum(name not in FILES or name == MANIFEST_FILE for name in listed)
    if strange:
        problems.append(f"the manifest lists {strange} files that no release has")
    for name in listed:
        if name in contents and name != MANIFEST_FILE:
            problems += _differences(name, contents[name], listed[name])
    if RISK_FILE in documents:
        problems += _disagreements(documents[RISK_FILE], listed)
    others = sum(path.name not in FILES for path in place.iterdir())
    remark = f"; {others} other files in the folder are not part of it" if others else ""
    checks.add("digests", problems, f"{len(listed)} files are as they were written{remark}")


def _differences(name: str, content: bytes, facts: Any) -> list[str]:
    told = facts if isinstance(facts, Mapping) else {}
    sha256 = told.get("sha256")
    if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        return [f"the manifest has no SHA-256 of {name}"]
    if digest(content) != sha256 or told.get("bytes") != len(content):
        return [f"{name} was changed after it was written"]
    return []


def _disagreements(risk: Facts, listed: Mapping[str, Any]) -> list[str]:
    """Hold what risk.json says of the tables to what the manifest says."""
    try:
        own = risk.mapping("files")
    except Malformed as error:
        return [str(error)]
    named = {name for name in listed if name not in (RISK_FILE, REPORT_FILE)}
    differing = sum(own.get(name) != listed.get(name) for name in named | set(own))
    return [f"risk.json and the manifest differ in {differing} files"] if differing else []


def _tables(contents: Mapping[str, bytes], checks: Checklist) -> dict[str, pd.DataFrame]:
    tables, problems = {}, []
    for name in TABLES:
        if name not in contents:
            continue
        try:
            table = _read_csv(contents[name])
        except (ValueError, pd.errors.ParserWarning):
            # pandas' parser errors are of the first kind, and so is what is not UTF-8.
            problems.append(f"{name} cannot be read as CSV")
            continue
        tables[name] = as_meant(table)
    if PERSONAS_FILE not in contents:
        problems.append(f"{PERSONAS_FILE} is missing")
    twins = {twin: name for twin, name in TWINS.items() if twin in contents}
    if twins and importlib.util.find_spec("pyarrow") is None:
        checks.leave_open("parquet", "pyarrow is not installed, so Parquet files were not compared")
        twins = {}
    for twin, name in twins.items():
        if name in tables:
            problems += _twin_problems(twin, contents[twin], name, tables[name])
        else:
            problems.append(f"{twin} is there without {name}")
    checks.add("tables", problems, "all tables can be read")
    return tables


def _read_csv(content: bytes) -> pd.DataFrame:
    """Read all fields as text; nothing but an empty one is null."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            io.BytesIO(content),
            dtype=object,  # texts, whatever pandas keeps texts in
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8",
            index_col=False,
            on_bad_lines="error",
        )


def _twin_problems(twin: str, content: bytes, name: str, table: pd.DataFrame) -> list[str]:
    """Say whether a Parquet file holds something else than its CSV file."""
    import pyarrow  # heavy, and an extra

    try:
        other = pd.read_parquet(io.BytesIO(content))
    except (ValueError, OSError, pyarrow.ArrowException):
        return [f"{twin} cannot be read as Parquet"]
    if list(map(str, other.columns)) != list(table.columns) or len(other) != len(table):
        return [f"{twin} has other columns or another number of rows than {name}"]
    differing = 0
    for column in table.columns:
        left, right = table[column], other[column]
        if pd.api.types.is_numeric_dtype(right):
            numbers = pd.to_numeric(left, errors="coerce").astype(float)
            # Old versions of pandas read the last digit of a text otherwise than Python does.
            near = np.isclose(numbers, right.astype(float), rtol=_LAST_DIGIT, atol=0.0)
            same = pd.Series(near, index=left.index)
        else:
            same = left.astype(object).eq(right.astype(object))
        same |= left.isna() & right.isna()
        differing += int((~same.fillna(False).astype(bool)).sum())
    return [f"{twin} differs from {name} in {differing} cells"] if differing else []
