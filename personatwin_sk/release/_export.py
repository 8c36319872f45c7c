"""Files of a release: written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from personatwin_sk.exceptions import InputError
from personatwin_sk.release._personas import (
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.release._result import ReleaseResult

PERSONAS_FILE, EVENTS_FILE, RISK_FILE, REPORT_FILE = (
    "personas.csv",
    "events.csv",
    "risk.json",
    "report.html",
)
FILES = (PERSONAS_FILE, EVENTS_FILE, RISK_FILE, REPORT_FILE)


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
    _write(Path(path), _personas_text(personas))


def export_privacy_report(result: ReleaseResult, path: str | os.PathLike[str]) -> None:
    """Write the report of a release as one HTML file; needs the extra ``report``.

    Parameters
    ----------
    result : ReleaseResult
        As `create_safe_personas` gives it.
    path : str or path
        The file; one that is there is replaced, whole or not at all.

    Raises
    ------
    InputError
        If the extra ``report`` is not installed.

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
    _write(Path(path), _report_text(result))


def write_release(
    result: ReleaseResult,
    folder: str | os.PathLike[str],
    *,
    report: bool = True,
    force: bool = False,
) -> list[str]:
    """Write ``personas.csv``, ``events.csv``, ``risk.json`` and ``report.html`` into a folder.

    All of them are written aside first and moved when they are whole.

    Parameters
    ----------
    result : ReleaseResult
        As `create_safe_personas` gives it.
    folder : str or path
        Made if it is not there; with files in it only under `force`.
    report : bool, default=True
        Whether to write the report.
    force : bool, default=False
        Replace these four files in a folder that holds files; all others stay.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """
    target = check_folder(folder, force=force)
    writers: dict[str, Callable[[], str]] = {PERSONAS_FILE: lambda: _personas_text(result.personas)}
    if result.personas.has_events:
        writers[EVENTS_FILE] = lambda: _csv(personas_to_event_dataframe(result.personas))
    writers[RISK_FILE] = lambda: _json(result.to_dict())
    if report:
        writers[REPORT_FILE] = lambda: _report_text(result)
    existed = target.exists()
    aside_of = target if existed else target.parent
    aside_of.mkdir(parents=True, exist_ok=True)
    with _aside(aside_of) as aside:
        for name, text in writers.items():
            _write(aside / name, text())
        if existed:
            for name in FILES:  # one of ours from an earlier release would contradict the new ones
                if name in writers:
                    os.replace(aside / name, target / name)
                else:
                    (target / name).unlink(missing_ok=True)
        else:
            os.replace(aside, target)
    return list(writers)


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


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _personas_text(personas: Personas) -> str:
    return _csv(personas_to_dataframe(personas))


def _csv(frame: Any) -> str:
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _report_text(result: ReleaseResult) -> str:
    # Imported here: jinja2 and matplotlib are an extra, and slow to load.
    from personatwin_sk.report import render_report

    return render_report(result.to_dict(), result.personas.class_sizes)
