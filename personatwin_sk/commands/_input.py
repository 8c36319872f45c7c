"""Options of what is read, the same for all commands, and the reading."""

from __future__ import annotations

import io
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from typing import Any

from personatwin_sk.commands._parser import Parser
from personatwin_sk.exceptions import InputError

PIPE = "-"


def add_input_options(parser: Parser) -> None:
    """Add what tells how a file is to be read."""
    group = "how the file calls a column: gender=sex person_id=case. Ours are person_id, age, "
    parser.add(
        "--map",
        nargs="+",
        action="extend",
        default=[],
        metavar="OURS=THEIRS",
        help=group + "gender, ethnicity, geography, event_id, date, event_type, outcome and "
        "date_of_birth",
    )
    parser.add(
        "--labels",
        nargs="+",
        action="extend",
        default=[],
        metavar="COLUMN:THEIRS=OURS",
        help="how the file writes a label: event_type:ARR=arrest gender:1=Male",
    )
    parser.add("--events", metavar="FILE", help="a second file with the events of the people")
    parser.add(
        "--reference-date",
        metavar="DAY",
        help="day of which ages are made of dates of birth, such as 2024-07-01",
    )


def add_config_option(parser: Parser) -> None:
    """Add the file of options."""
    parser.add(
        "--config",
        metavar="FILE.toml",
        help="options from a file, under their long names; the command line comes first",
    )


def whole_number(text: str) -> int:
    """Read a whole number that is not negative."""
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError("give a whole number, at least 0")
    return int(text)


def seed(text: str) -> int:
    """Read a seed as scikit-learn takes them."""
    if not (text.isascii() and text.isdigit() and int(text) < 2**32):
        raise ArgumentTypeError("give a whole number from 0 to 4294967295")
    return int(text)


def renamed(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``gender=sex`` as our name and theirs."""
    names = [pair.partition("=") for pair in pairs]
    unreadable = sum(not (ours and theirs) for ours, _, theirs in names)
    if unreadable:
        raise InputError(
            f"--map: {unreadable} of {len(pairs)} values are not of the form OURS=THEIRS, such as "
            "gender=sex"
        )
    if len({ours for ours, _, _ in names}) < len(names):
        raise InputError("--map names a column of ours more than once")
    return {ours: theirs for ours, _, theirs in names}


def relabelled(pairs: Sequence[str]) -> dict[str, dict[str, str]] | None:
    """Read ``event_type:ARR=arrest`` as column, their label and ours."""
    labels: dict[str, dict[str, str]] = {}
    unreadable = 0
    for pair in pairs:
        column, colon, rest = pair.partition(":")
        theirs, equals, ours = rest.rpartition("=")
        if not (column and colon and theirs and equals and ours):
            unreadable += 1
        elif labels.setdefault(column, {}).setdefault(theirs, ours) != ours:
            raise InputError("--labels names a label of a column more than once")
    if unreadable:
        raise InputError(
            f"--labels: {unreadable} of {len(pairs)} values are not of the form "
            "COLUMN:THEIRS=OURS, such as event_type:ARR=arrest"
        )
    return labels or None


def source_of(path: str) -> Any:
    """Give the file, or what comes through the pipe."""
    if path != PIPE:
        return path
    if sys.stdin.isatty():
        raise InputError("nothing comes through the pipe; name a file, or pipe one in")
    return io.BytesIO(sys.stdin.buffer.read())


def load(options: Namespace, domain: str = "custom", *, path: str | None = None) -> Any:
    """Load people and events, as the loader of a domain does."""
    from personatwin_sk import release

    read = getattr(release, f"load_{domain}_data", release.load_people_events)
    path = options.input if path is None else path
    if path == PIPE and options.events == PIPE:
        raise InputError("only one of the two files can come through the pipe")
    return read(
        source_of(path),
        columns=renamed(options.map),
        events=None if options.events is None else source_of(options.events),
        labels=relabelled(options.labels),
        reference_date=options.reference_date,
    )


def census(options: Namespace) -> Any:
    """Give the population that is asked for: None leaves the choice to the release."""
    from personatwin_sk.population import CensusPopulation

    return CensusPopulation(source="bundled") if options.offline else None
