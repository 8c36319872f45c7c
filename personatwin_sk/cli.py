"""The ``personatwin`` command."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from personatwin_sk._version import __version__
from personatwin_sk.commands import _assess, _census, _demo, _protect, _verify
from personatwin_sk.commands._parser import NOT_MET, UNUSABLE, Parser
from personatwin_sk.commands._printing import say
from personatwin_sk.exceptions import (
    DataWarning,
    InfeasibleRiskError,
    InputError,
    NothingSelectedWarning,
)

INTERRUPTED = 130  # as shells report it

_COMMANDS: dict[str, ModuleType] = {
    "protect": _protect,
    "assess": _assess,
    "verify": _verify,
    "census": _census,
    "demo": _demo,
}
_DESCRIPTION = """\
Turn data of people and events into personas that can be shared, and measure how likely anybody in
them is to be recognised."""
_FIRST_STEPS = """\
first steps:
  personatwin demo                          the whole job on people who do not exist
  personatwin assess FILE                   how risky is it to share a file as it is?
  personatwin protect FILE --out DIR        make a release that meets a target
  personatwin verify DIR                    is a release whole? with --original: is it true?

personatwin COMMAND --help says more, with examples. Nothing of the data is sent anywhere."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        None: those of the process.

    Returns
    -------
    int
        0: done; 2: unusable input; 3: no setting meets the target, or a release does not hold.
        With 2 and 3 nothing is written.
    """
    parser, parsers = _parsers()
    given = parser.parse_args(arguments)
    command = given.command
    known = {name for one in parsers.values() for name in one.actions} - {"config"}
    try:
        with _warnings_in_one_line():
            options = parsers[command].completed(given, known)
            return int(_COMMANDS[command].run(options))
    except InfeasibleRiskError as error:
        say("error", str(error))
        return NOT_MET
    except InputError as error:
        say("error", str(error))
        return UNUSABLE
    except OSError as error:
        say("error", f"{error.strerror or type(error).__name__}: {error.filename or 'a file'}")
        return UNUSABLE
    except MemoryError:
        say("error", "there is not enough memory for this file")
        return UNUSABLE
    except KeyboardInterrupt:
        say("error", "interrupted; nothing was written")
        return INTERRUPTED


def _parsers() -> tuple[Parser, dict[str, Parser]]:
    """Make the parser, and give that of each command beside it."""
    parser = Parser(prog="personatwin", description=_DESCRIPTION, epilog=_FIRST_STEPS)
    parser.add_argument("--version", action="version", version=f"personatwin {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers: dict[str, Parser] = {}
    for name, module in _COMMANDS.items():
        one = commands.add_parser(
            name, help=module.HELP, description=module.DESCRIPTION, epilog=module.EXAMPLES
        )
        module.add_options(one)
        parsers[name] = one
    return parser, parsers


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
                say("warning", message)


if __name__ == "__main__":
    raise SystemExit(main())
