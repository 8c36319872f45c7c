"""``personatwin protect``: from a file to a folder that can be shared."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personatwin_sk.commands._input import (
    add_config_option,
    add_input_options,
    census,
    load,
    relabelled,
    renamed,
    seed,
)
from personatwin_sk.commands._parser import DONE, Parser
from personatwin_sk.commands._printing import progress, tell
from personatwin_sk.exceptions import InfeasibleRiskError, InputError

HELP = "protect a file and measure the risk of what is released"
DESCRIPTION = """\
Read a file of people, or of people and their events, and write into a folder:

  personas.csv          groups of at least k people each, with what they share
  events.csv            what happened, by persona; event_counts.csv in its place where events are
                        counted (--event-form aggregated)
  histories.csv, history_counts.csv
                        how often and what, in figures on at least k people; beside events.csv
  data_dictionary.json  what the columns mean
  risk.json             settings, and the risk that was measured
  report.html           the same, for people (needs the extra "report")
  manifest.json         digests, for `personatwin verify`

They are written only if a setting is found whose measured risk is within the target."""
EXAMPLES = """\
examples:
  personatwin protect court.csv --domain criminal_justice --out safe
  personatwin protect court.csv --map gender=sex person_id=case --state OH --out safe
  zcat visits.csv.gz | personatwin protect - --domain healthcare --target-risk 0.09 --out safe
  personatwin protect --config release.toml

exit status: 0 done, 2 unusable input, 3 no setting meets the target; with 2 and 3 nothing is
written."""

EVENT_FORMS, REPORT_VARIANTS = ("rows", "aggregated"), ("internal", "shareable")


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add(
        "input",
        needed=True,
        metavar="INPUT",
        help='CSV file, plain or gzipped, or Parquet; "-": from a pipe',
    )
    parser.add("--out", needed=True, metavar="DIR", help="folder for the files; made if not there")
    parser.add("--domain", default="custom", help="what the events are (default: custom)")
    parser.add(
        "--privacy-level",
        default="medium",
        metavar="LEVEL",
        help="low, medium, high or maximum: the least protection to start from (default: medium)",
    )
    parser.add(
        "--target-risk",
        type=float,
        default=0.05,
        metavar="RISK",
        help="highest chance of being recognised, above 0 and at most 1 (default: 0.05)",
    )
    add_input_options(parser)
    parser.add(
        "--keep",
        nargs="+",
        action="extend",
        default=[],
        metavar="COL",
        help="further columns to release; all others but the usual ones are dropped",
    )
    parser.add("--state", metavar="STATE", help="state in which counties named without one lie")
    parser.add(
        "--known-events",
        type=int,
        default=1,
        metavar="N",
        help="events (type and true date) of their target that an attacker knows (default: 1)",
    )
    parser.add(
        "--offline",
        action="store_true",
        help="use no network: population figures are those that come with the package",
    )
    parser.add(
        "--random-state",
        type=seed,
        metavar="N",
        help="make the result repeatable; whoever knows the number can take the noise off",
    )
    parser.add(
        "--event-form",
        choices=EVENT_FORMS,
        default="rows",
        help="rows: a row per event (default); aggregated: counts of events in place of rows, each "
        "on enough people for the target, which rows may miss",
    )
    parser.add("--parquet", action="store_true", help="write all tables as Parquet, too")
    parser.add(
        "--report-variant",
        choices=REPORT_VARIANTS,
        default="internal",
        help="internal: with how the setting was found (default); shareable: without it and "
        "without small counts, in the report and in risk.json",
    )
    parser.add("--no-report", action="store_true", help="do not write report.html")
    parser.add("--force", action="store_true", help="replace a release that is in the folder")
    add_config_option(parser)


def run(options: Namespace) -> int:
    """Do the whole job; see `DESCRIPTION`."""
    # Imported here: --help and complaints about options should not wait for scikit-learn.
    from personatwin_sk import release
    from personatwin_sk.domains import get_domain_config, get_privacy_level
    from personatwin_sk.release._event_form import counts_may_meet
    from personatwin_sk.release._export import check_folder, require_parquet
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
    renamed(options.map), relabelled(options.labels)
    check_folder(options.out, force=options.force)
    if not options.no_report:
        require_extra()
    if options.parquet:
        require_parquet()

    begin = progress()
    begin("reading the file")
    data = load(options, config.name)
    begin("searching for the most useful setting within the target")
    asked = {
        "target_risk": options.target_risk,
        "privacy_level": options.privacy_level,
        "domain": options.domain,
        "population": census(options),
        "keep": options.keep,
        "state": options.state,
    }
    try:
        result = release.create_safe_personas(
            data,
            **asked,
            known_events=options.known_events,
            event_form=options.event_form,
            random_state=options.random_state,
            verbose=int(sys.stderr.isatty()),
        )
    except InfeasibleRiskError as error:
        if options.event_form == "aggregated" or not counts_may_meet(data, **asked):
            raise
        raise InfeasibleRiskError(
            f"{error} Or count events in place of rows, which may meet it: --event-form aggregated",
            nearest_params=error.nearest_params,
            nearest_risk=error.nearest_risk,
            decision_log=error.decision_log,
        ) from error
    begin("writing the files")
    files = release.export_release(
        result,
        options.out,
        parquet=options.parquet,
        report=not options.no_report,
        report_variant=options.report_variant,
        force=options.force,
    )
    tell(summary(result.to_dict(), Path(options.out), files))
    return DONE


def summary(facts: Mapping[str, Any], folder: Path, files: Sequence[str]) -> str:
    """Say what was measured."""
    verdict, counts, risk = facts["verdict"], facts["counts"], facts["risk"]
    settings = facts["settings"]

    def deciding(name: str) -> float:
        report = risk[name]
        return float(max(report["upper"], report["event_risk"]["upper"]))

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
    return "\n".join(lines)
