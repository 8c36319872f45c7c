"""Verifies a release: the files against each other and, where they are at hand, the data."""

from __future__ import annotations

import os

from personatwin_sk.release._checks import Checklist, Verification
from personatwin_sk.release._release_files import read_release
from personatwin_sk.release._verify_figures import check_figures


def verify_release(folder: str | os.PathLike[str]) -> Verification:
    """Check that the files of a release are whole and agree with each other and their claims.

    Digests show whether a file was changed. Beyond them, all that follows from the tables is
    counted again: people and events, k, class sizes, what an attacker reaches who knows who is in
    the file; and the other figures are held to each other.

    Parameters
    ----------
    folder : str or path
        As `export_release` or the command wrote it.

    Returns
    -------
    Verification
        `holds`, and what was looked at one by one.

    Raises
    ------
    InputError
        If it is no folder of a release.

    Examples
    --------
    >>> import tempfile
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = pt.export_release(result, folder, report=False)
    ...     found = pt.verify_release(folder)
    >>> found.holds, found.problems
    (True, ())
    """
    checks = Checklist()
    files = read_release(folder, checks)
    if files is not None:
        check_figures(files, checks)
    return Verification(tuple(checks.checks), with_original=False)
