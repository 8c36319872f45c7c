"""Files of a release: written whole or not at all."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._dictionary import data_dictionary
from personatwin_sk.release._file_names import (
    DICTIONARY_FILE,
    FILES,
    MANIFEST_FILE,
    REPORT_FILE,
    RISK_FILE,
    TWINS,
    least_people_of,
    tables_of,
)
from personatwin_sk.release._manifest import claims_of, file_facts, manifest_of
from personatwin_sk.release._personas import Personas, personas_to_dataframe
from personatwin_sk.release._result import ReleaseResult
from personatwin_sk.release._spreadsheet import harmless


def export_personas(personas: Personas, path: str | os.PathLike[str]) -> None:
    """Write one row per persona as comma-separated values.

    Parameters
    ----------
    personas : Personas
        As in ``ReleaseResult.personas``.
    path : str or path
        The file; one that is there is replaced, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pt.export_personas(result.personas, Path(folder) / "personas.csv")
    ...     header = (Path(folder) / "personas.csv").read_text().splitlines()[0]
    >>> header
    'persona_id,age,gender,ethnicity,geography,class_size'
    """
    _write(Path(path), _csv(personas_to_dataframe(personas)))


def export_privacy_report(
    result: ReleaseResult, path: str | os.PathLike[str], *, variant: str = "internal"
) -> None:
    """Write the report of a release as one HTML file; needs the extra ``report``.

    Parameters
    ----------
    result : ReleaseResult
        As `create_safe_personas` gives it.
    path : str or path
        The file; one that is there is replaced, whole or not at all.
    variant : {"internal", "shareable"}, default="internal"
        For those who hold the data, or one that may go out with the release: without counts of
        fewer people than 10 or the least k of the privacy level, remarks on the data, the log of
        the search, names of dropped columns and counts of the data as they came.

    Raises
    ------
    InputError
        If there is no such variant, or the extra ``report`` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pt.export_privacy_report(result, Path(folder) / "report.html")
    ...     text = (Path(folder) / "report.html").read_text()
    >>> text.startswith("<!DOCTYPE html>")
    True
    """
    _write(Path(path), _report_text(result, variant).encode("utf-8"))


def export_release(
    result: ReleaseResult,
    directory: str | os.PathLike[str],
    *,
    parquet: bool = False,
    report: bool = True,
    report_variant: str = "internal",
    force: bool = False,
) -> list[str]:
    """Write everything that may leave into a folder: the tables, the figures, and what they mean.

    - ``personas.csv`` and, where the data have events, ``events.csv`` or, where they are released
      as counts in place of rows, ``event_counts.csv``. A text that a spreadsheet would run as a
      formula starts with an apostrophe.
    - ``histories.csv`` and ``history_counts.csv``, beside rows of events: per persona, events by
      type, outcome and period, and how many of its people have events again. Figures that rest on
      fewer than k people, or would give such a one away, are left out.
    - ``data_dictionary.json``: what each column means, and its labels.
    - ``risk.json``: what was measured and by which settings, the claims made, and the SHA-256 of
      the tables.
    - ``report.html``, the same for people; needs the extra ``report``.
    - ``manifest.json``: size and SHA-256 of each of these files, for `verify_release`.

    All of them are written aside first and moved when they are whole. In none of them are keys,
    seeds, ids of the data or figures of fewer people than the privacy level asks for.

    Parameters
    ----------
    result : ReleaseResult
        As `create_safe_personas` gives it.
    directory : str or path
        Made if it is not there; with files in it only under `force`.
    parquet : bool, default=False
        Whether to write each table as Parquet too, ``personas.parquet``; needs pyarrow.
    report : bool, default=True
        Whether to write the report.
    report_variant : {"internal", "shareable"}, default="internal"
        Which of the two reports: see `export_privacy_report`. With the shareable one, ``risk.json``
        too is without the log of the search, remarks on the data and figures of few people.
    force : bool, default=False
        Replace these files in a folder that holds files; all others stay.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    InputError
        If the folder cannot be used, or what `parquet` or `report` need is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = pt.export_release(result, folder, report=False)
    ...     verified = pt.verify_release(folder).holds
    >>> written[:4]
    ['personas.csv', 'events.csv', 'histories.csv', 'history_counts.csv']
    >>> written[4:]
    ['data_dictionary.json', 'risk.json', 'manifest.json']
    >>> verified
    True
    """
    target = check_folder(directory, force=force)
    if parquet:
        require_parquet()
    contents = _contents(result, parquet=parquet, report=report, report_variant=report_variant)
    existed = target.exists()
    aside_of = target if existed else target.parent
    aside_of.mkdir(parents=True, exist_ok=True)
    with _aside(aside_of) as aside:
        for name, content in contents.items():
            _write(aside / name, content)
        if existed:
            for name in FILES:  # one of ours from an earlier release would contradict the new ones
                if name in contents:
                    os.replace(aside / name, target / name)
                else:
                    (target / name).unlink(missing_ok=True)
        else:
            os.replace(aside, target)
    return list(contents)


def write_release(
    result: ReleaseResult,
    folder: str | os.PathLike[str],
    *,
    report: bool = True,
    force: bool = False,
) -> list[str]:
    """Write a release without Parquet; see `export_release`."""
    return export_release(result, folder, report=report, force=force)


def _contents(
    result: ReleaseResult, *, parquet: bool, report: bool, report_variant: str
) -> dict[str, bytes]:
    """Give the bytes of every file, in the order in which they are told."""
    tables = tables_of(result.personas)
    contents = {name: _csv(table) for name, table in tables.items()}
    n_rows = {name: len(table) for name, table in tables.items()}
    if parquet:
        for twin, name in TWINS.items():
            if name in tables:
                contents[twin] = _parquet(tables[name])
                n_rows[twin] = n_rows[name]
    facts = {**result.to_dict(), "least_people": least_people_of(result.personas)}
    contents[DICTIONARY_FILE] = _json(data_dictionary(result.personas, result.settings))
    claims = claims_of(facts)
    files = file_facts(contents, n_rows)
    shown = _shown(facts, report_variant)
    contents[RISK_FILE] = _json({**shown, "claims": claims, "files": files})
    if report:
        contents[REPORT_FILE] = _report_text(result, report_variant, files).encode("utf-8")
    contents[MANIFEST_FILE] = _json(manifest_of(file_facts(contents, n_rows), claims))
    return contents


def _shown(facts: dict[str, Any], variant: str) -> dict[str, Any]:
    """Leave out of the figures what a shareable report lacks and nothing is verified by."""
    if variant == "internal":
        return facts
    from personatwin_sk.report import shareable_figures, smallest_count

    return shareable_figures(facts, smallest_count(facts))


def require_parquet() -> None:
    """See that what Parquet files need is installed.

    Raises
    ------
    InputError
        If it is not; the message says how to install it.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise InputError(
            "Parquet files need pyarrow; install it with pip install 'personatwin_sk[polars]'"
        )


def check_folder(folder: str | os.PathLike[str], *, force: bool) -> Path:
    """Give the folder's full path if a release can be written there.

    Raises
    ------
    InputError
        If it is a file, or holds files and `force` is not given.
    """
    target = Path(folder).resolve()
    if target.exists() and not target.is_dir():
        raise InputError(f"The output folder {str(folder)!r} is a file; name a folder")
    if target.is_dir() and any(target.iterdir()) and not force:
        raise InputError(
            f"The output folder {str(folder)!r} holds files; name another one, or give --force to "
            "replace a release in it"
        )
    parent = next(parent for parent in (target, *target.parents) if parent.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"The output folder {str(folder)!r} cannot be written to")
    return target


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Give a new empty folder on the same file system, gone afterwards whatever happens."""
    aside = folder / f".personatwin-{secrets.token_hex(8)}"
    aside.mkdir()
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _csv(frame: pd.DataFrame) -> bytes:
    text = str(harmless(frame).to_csv(index=False, lineterminator="\n"))
    if "\r" in text:
        # A line break of its own, which is quoted only if everything is: it would end the row.
        text = str(harmless(frame).to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_ALL))
    return text.encode("utf-8")


def _parquet(frame: pd.DataFrame) -> bytes:
    """Give a table as Parquet: what is no number is text, as in the CSV file."""
    texts = {
        str(name): _texts(frame[name]).mask(is_null(frame[name]), None)
        for name in frame.columns
        if not pd.api.types.is_numeric_dtype(frame[name])
    }
    buffer = io.BytesIO()
    frame.rename(columns=str).assign(**texts).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _texts(values: pd.Series) -> pd.Series:
    """Write values as the CSV file has them: days without the hour."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values.astype(str).astype(object)
    return values.astype(object).map(str)


def _json(facts: dict[str, Any]) -> bytes:
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8")


def _report_text(
    result: ReleaseResult, variant: str = "internal", files: Mapping[str, Any] | None = None
) -> str:
    # Imported here: jinja2 and matplotlib are an extra, and slow to load.
    from personatwin_sk.report import render_report

    facts, sizes = result.to_dict(), result.personas.class_sizes
    return render_report(facts, sizes, variant=variant, files=files)
