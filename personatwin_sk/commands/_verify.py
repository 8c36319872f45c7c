"""``personatwin verify``: a release against itself and, where it is at hand, its data."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from personatwin_sk.commands._input import add_config_option, add_input_options, census, load
from personatwin_sk.commands._parser import DONE, NOT_MET, Parser
from personatwin_sk.commands._printing import progress, tell, tell_json
from personatwin_sk.exceptions import InputError

HELP = "check that a release is whole, and true of its data"
DESCRIPTION = """\
Check the files of a release against their digests, each other and what they claim: a row that is
gone, a group that was split, a count or figure that was altered, a file of another release.

Somebody who alters the files and writes a new manifest can only be found with the data they were
made of: --original counts people, k and events again, sees whether the people can be put into the
personas at all, and measures the risk again as far as the files tell who is where."""
EXAMPLES = """\
examples:
  personatwin verify safe
  personatwin verify safe --original court.csv --map gender=sex

exit status: 0 all checks hold, 2 unusable input, 3 something does not hold."""


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add("dir", needed=True, metavar="DIR", help="folder of the release")
    parser.add("--original", metavar="FILE", help='the data it was made of; "-": from a pipe')
    add_input_options(parser)
    parser.add("--offline", action="store_true", help="use no network")
    parser.add("--json", action="store_true", help="print the checks as JSON")
    add_config_option(parser)


def run(options: Namespace) -> int:
    """Verify, and print check by check."""
    from personatwin_sk.release import verify_release

    given = [
        name for name in ("map", "labels", "events", "reference_date") if getattr(options, name)
    ]
    if given and options.original is None and options.config is None:
        raise InputError(f"--{given[0].replace('_', '-')} is about the data; name them: --original")
    data: Any = None
    if options.original is not None:
        progress()("reading the data")
        data = load(options, path=options.original)
    progress()("verifying")
    found = verify_release(options.dir, data, population=census(options))
    if options.json:
        tell_json(found.to_dict())
    else:
        tell(str(found))
    return DONE if found.holds else NOT_MET
