"""The ``personatwin`` command."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

from personatwin_sk._version import __version__
from personatwin_sk.exceptions import (
    DataWarning,
    InfeasibleRiskError,
    InputError,
    NothingSelectedWarning,
)

DONE, UNUSABLE, INFEASIBLE = 0, 2, 3
INTERRUPTED = 130  # as shells report it


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, like all others of the command."""

    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"personatwin: error: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        None: those of the process.

    Returns
    -------
    int
        0: done; 2: unusable input; 3: no setting meets the target. With 2 and 3 nothing is written.
    """
    options = _parser().parse_args(arguments)
    try:
        with _warnings_in_one_line():
            _protect(options)
    except InfeasibleRiskError as error:
        _say("error", str(error))
        return INFEASIBLE
    except InputError as error:
        _say("error", str(error))
        return UNUSABLE
    except OSError as error:
        _say("error", f"{error.strerror or type(error).__name__}: {error.filename or 'a file'}")
        return UNUSABLE
    except KeyboardInterrupt:
        _say("error", "interrupted; nothing was written")
        return INTERRUPTED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="personatwin",
        description="Turn data of people and events into personas that can be shared.",
    )
    parser.add_argument("--version", action="version", version=f"personatwin {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    protect = commands.add_parser(
        "protect",
        help="protect a file and measure the risk of what is released",
        description=(
            "Read a CSV file of people, or of people and their events, and write personas.csv, "
            "events.csv, risk.json and report.html, if a setting is found whose measured risk is "
            "within the target. Exit status: 0 done, 2 unusable input, 3 no setting meets the "
            "target; with 2 and 3 nothing is written."
        ),
    )
    protect.add_argument("input", metavar="INPUT", help="CSV file, plain or gzipped")
    protect.add_argument(
        "--out", required=True, metavar="DIR", help="folder for the files; made if not there"
    )
    protect.add_argument("--domain", default="custom", help="what the events are (default: custom)")
    protect.add_argument(
        "--privacy-level",
        default="medium",
        metavar="LEVEL",
        help="low, medium, high or maximum: the least protection to start from (default: medium)",
    )
    protect.add_argument(
        "--target-risk",
        type=float,
        default=0.05,
        metavar="RISK",
        help="highest chance of being recognised, above 0 and at most 1 (default: 0.05)",
    )
    protect.add_argument(
        "--map",
        nargs="+",
        action="extend",
        default=[],
        metavar="OURS=THEIRS",
        help="how the file calls a column, such as gender=sex",
    )
    protect.add_argument(
        "--keep",
        nargs="+",
        action="extend",
        default=[],
        metavar="COL",
        help="further columns to release; all others but the usual ones are dropped",
    )
    protect.add_argument(
        "--state", metavar="STATE", help="state in which counties named without one lie"
    )
    protect.add_argument(
        "--known-events",
        type=int,
        default=1,
        metavar="N",
        help="events (type and true date) of their target that an attacker knows (default: 1)",
    )
    protect.add_argument(
        "--offline",
        action="store_true",
        help="use no network: population figures are those that come with the package",
    )
    protect.add_argument(
        "--random-state",
        type=_seed,
        metavar="N",
        help="make the result repeatable; whoever knows the number can take the noise off",
    )
    protect.add_argument("--no-report", action="store_true", help="do not write report.html")
    protect.add_argument(
        "--force", action="store_true", help="replace a release that is in the folder"
    )
    return parser


def _seed(text: str) -> int:
    """Read a seed as scikit-learn takes them."""
    if not (text.isascii() and text.isdigit() and int(text) < 2**32):
        raise argparse.ArgumentTypeError("give a whole number from 0 to 4294967295")
    return int(text)


def _protect(options: argparse.Namespace) -> None:
    # Imported here: --help and complaints about options should not wait for scikit-learn.
    from personatwin_sk.domains import get_domain_config, get_privacy_level
    from personatwin_sk.population import CensusPopulation
    from personatwin_sk.release import create_safe_personas, write_release
    from personatwin_sk.release._export import check_folder
    from personatwin_sk.report import require_extra

    # All that can be said without the data is said before any work.
    if not 0 < options.target_risk <= 1:
        raise InputError(
            f"--target-risk must be above 0 and at most 1, got {options.target_risk:g}"
        )
    if options.known_events < 0:
        raise InputError(f"--known-events must be at least 0, got {options.known_events}")
    config = get_domain_config(options.domain)
    get_privacy_level(options.privacy_level)
    renamed = _renamed(options.map)
    check_folder(options.out, force=options.force)
    if not options.no_report:
        require_extra()

    data = _loader(config.name)(options.input, columns=renamed)
    result = create_safe_personas(
        data,
        privacy_level=options.privacy_level,
        domain=options.domain,
        target_risk=options.target_risk,
        population=CensusPopulation(source="bundled") if options.offline else None,
        known_events=options.known_events,
        state=options.state,
        keep=options.keep,
        random_state=options.random_state,
        verbose=int(sys.stderr.isatty()),
    )
    files = write_release(result, options.out, report=not options.no_report, force=options.force)
    try:
        _print_summary(result.to_dict(), Path(options.out), files, sys.stdout)
        sys.stdout.flush()
    except OSError:
        # The exit status speaks of the files, and they are there, whoever has stopped reading.
        _silence(sys.stdout)


def _silence(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere: Python would complain of it at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def _renamed(pairs: Sequence[str]) -> dict[str, str]:
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


def _loader(domain: str) -> Any:
    from personatwin_sk import release

    return getattr(release, f"load_{domain}_data", release.load_people_events)


def _print_summary(
    facts: Mapping[str, Any], folder: Path, files: Sequence[str], out: TextIO
) -> None:
    """Tell what was measured."""
    verdict, counts, risk = facts["verdict"], facts["counts"], facts["risk"]
    settings = facts["settings"]

    def deciding(name: str) -> float:
        report = risk[name]
        return max(report["upper"], report["event_risk"]["upper"])

    chosen = ", ".join(f"{name}={value}" for name, value in settings.items() if "__" in name)
    known = f"knows {settings['known_events']} event(s)"
    lines = [
        f"verdict      {verdict['level']}: risk {verdict['risk']:.4f}, "
        f"target {verdict['target_risk']:g} ({settings['attacker']}, {known})",
        f"risk         untouched {deciding('untouched'):.4f}, release {deciding('release'):.4f}, "
        f"everybody in one persona {deciding('all_in_one'):.4f}",
        f"k            {risk['release']['k_anonymity']}",
        f"personas     {counts['personas']} of {counts['released_people']} people, "
        f"{counts['suppressed_people']} suppressed",
        f"events       {counts['released_events']} of {counts['events']}",
        f"utility      {facts['utility']['release']:.4f} "
        f"(everybody in one persona {facts['utility']['all_in_one']:.4f})",
        f"settings     {chosen} ({counts['settings_tried']} tried)",
        f"written      {', '.join(files)} in {folder}",
    ]
    print("\n".join(lines), file=out)


@contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Print our warnings as one line each, at the end; those of others are not for users."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            ours = [
                w for w in caught if issubclass(w.category, DataWarning | NothingSelectedWarning)
            ]
            for message in dict.fromkeys(str(warning.message) for warning in ours):
                _say("warning", message)


def _say(kind: str, message: str) -> None:
    print(f"personatwin: {kind}: {' '.join(message.split())}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
