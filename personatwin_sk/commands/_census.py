"""``personatwin census``: the cache of population figures."""

from __future__ import annotations

from argparse import Namespace

from personatwin_sk.commands._parser import DONE, Parser
from personatwin_sk.commands._printing import progress, tell
from personatwin_sk.exceptions import InputError

HELP = "fetch, list or clear the cached population figures"
DESCRIPTION = """\
Population figures come from the cache, else from the files that the US Census Bureau publishes,
else from inside the package. What is asked of the Bureau are whole tables of states: nothing of
the data is sent, ever.

  warm   fetch figures now, so that later runs need no network
  list   say which tables are there, and since when
  clear  remove them"""
EXAMPLES = """\
examples:
  personatwin census warm OH KY IN
  personatwin census list

exit status: 0 done, 2 figures could not be fetched, or no such state."""


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add("action", needed=True, metavar="ACTION", help="warm, list or clear")
    parser.add(
        "states",
        nargs="*",
        default=[],
        metavar="STATE",
        help="with warm: states whose counties are wanted (default: all)",
    )
    parser.add(
        "--cache-dir",
        metavar="DIR",
        help="folder of the cache (default: ~/.personatwin/census_cache)",
    )


def run(options: Namespace) -> int:
    """Look after the cache."""
    from personatwin_sk.population import CensusPopulation
    from personatwin_sk.population.bureau import BureauError

    if options.action not in ("warm", "list", "clear"):
        raise InputError("census: choose from warm, list, clear")
    if options.states and options.action != "warm":
        raise InputError(f"census {options.action} takes no states")
    census = CensusPopulation(cache_dir=options.cache_dir)
    if options.action == "warm":
        progress()("fetching")
        try:
            n_tables = census.warm(options.states or None)
        except BureauError as error:
            raise InputError(f"figures could not be fetched: {error}") from error
        tell(f"{n_tables} tables fetched, {len(census.cached())} in the cache")
    elif options.action == "clear":
        tell(f"{census.clear_cache()} tables removed")
    else:
        tables = census.cached()
        tell("the cache is empty" if tables.empty else tables.to_string(index=False))
    return DONE
