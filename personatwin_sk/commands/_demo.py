"""``personatwin demo``: the whole job on people who do not exist."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from personatwin_sk.commands._input import whole_number
from personatwin_sk.commands._parser import DONE, NOT_MET, Parser
from personatwin_sk.commands._printing import progress, tell
from personatwin_sk.commands._protect import summary
from personatwin_sk.exceptions import InputError

HELP = "try the whole job on made-up people"
DESCRIPTION = """\
Make up people and their events, protect them, and verify what came of it. Nobody in the data
exists; no network is used. The folder then holds

  made_up.csv   the "original"
  release/      what would be shared: open release/report.html"""
EXAMPLES = """\
examples:
  personatwin demo
  personatwin demo --domain healthcare --people 2000 --out try

exit status: 0 done, 2 unusable options, 3 no setting meets the target."""
_TARGET = 0.05


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add(
        "--out",
        default="personatwin-demo",
        metavar="DIR",
        help="folder for the files (default: personatwin-demo)",
    )
    parser.add(
        "--domain",
        default="criminal_justice",
        help="what the events are (default: criminal_justice)",
    )
    parser.add(
        "--people",
        type=whole_number,
        default=1000,
        metavar="N",
        help="how many people to make up, at least 100 (default: 1000)",
    )
    parser.add("--force", action="store_true", help="use a folder that holds files")


def run(options: Namespace) -> int:
    """Make data up, protect and verify them."""
    from personatwin_sk import datasets, release
    from personatwin_sk.domains import get_domain_config
    from personatwin_sk.population import CensusPopulation
    from personatwin_sk.release._export import check_folder
    from personatwin_sk.report import require_extra

    if options.people < 100:
        raise InputError(f"--people must be at least 100, got {options.people}")
    config = get_domain_config(options.domain)
    if config.name == "custom":
        raise InputError("--domain: there are no made-up data of the domain 'custom'")
    folder = check_folder(options.out, force=options.force)
    require_extra()
    begin = progress()
    begin("making people up")
    people = datasets.make_people_events(options.people, config.name, random_state=0)
    begin("searching for the most useful setting within the target")
    census = CensusPopulation(source="bundled")
    result = release.create_safe_personas(
        people,
        domain=config.name,
        target_risk=_TARGET,
        population=census,
        known_events=0,
        verbose=int(sys.stderr.isatty()),
    )
    begin("writing and verifying")
    files = release.export_release(result, folder / "release", force=options.force)
    people.to_csv(folder / "made_up.csv", index=False, lineterminator="\n")
    data = release.load_people_events(folder / "made_up.csv")
    found = release.verify_release(folder / "release", data, population=census)
    n_held = sum(check.holds is True for check in found.checks)
    shown = Path(options.out)
    report = shown / "release" / "report.html"
    lines = [
        f"made up      {options.people} people with {len(people)} events: {shown / 'made_up.csv'}",
        summary(result.to_dict(), shown / "release", files),
        f"verified     {n_held} of {len(found.checks)} checks hold",
        f"next         open {report}, then try a file of yours:",
        f"             personatwin protect FILE --domain {config.name} --out DIR",
    ]
    tell("\n".join(lines))
    return DONE if found.holds else NOT_MET
