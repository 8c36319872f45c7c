"""Verifies a release: the files against each other and, where they are at hand, the data."""

from __future__ import annotations

import os
from typing import Any

from personatwin_sk.population import ReferencePopulation
from personatwin_sk.release._checks import Checklist, Verification
from personatwin_sk.release._release_files import read_release
from personatwin_sk.release._verify_figures import check_figures
from personatwin_sk.release._verify_original import check_original


def verify_release(
    folder: str | os.PathLike[str],
    original: Any = None,
    *,
    population: ReferencePopulation | None = None,
) -> Verification:
    """Check that the files of a release are whole and agree with each other and their claims.

    Digests show whether a file was changed. Beyond them, all that follows from the tables is
    counted again: people and events, k, class sizes, what an attacker reaches who knows who is in
    the file; and the other figures are held to each other. That a release is true of its data, only
    the data can show. With them, people and events are counted again; whether the people can be put
    into the personas at all, by labels and numbers, is solved as a flow; types, dates and outcomes
    of events are held to what noise can have made of them; the risk of the untouched table and of
    everybody in one persona is measured again, and that of the release is held to the limits that
    are left, as the files do not say who of the data is in which persona.

    Parameters
    ----------
    folder : str or path
        As `export_release` or the command wrote it.
    original : table, optional
        The data, loaded as they were for the release.
    population : ReferencePopulation, optional
        The one of the release. None: the census, if it was that.

    Returns
    -------
    Verification
        `holds`, and what was looked at one by one.

    Raises
    ------
    InputError
        If it is no folder of a release, or the original lacks columns.

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
    personas = None if files is None else check_figures(files, checks)
    if original is not None:
        if files is None or personas is None:
            checks.leave_open("original", "the files are too damaged to be held to the data")
        else:
            check_original(files, personas, original, population, checks)
    return Verification(tuple(checks.checks), with_original=original is not None)
