"""``personatwin assess``: the risk of a file as it is."""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from personatwin_sk.commands._input import (
    add_config_option,
    add_input_options,
    load,
    relabelled,
    renamed,
    source_of,
    whole_number,
)
from personatwin_sk.commands._parser import DONE, NOT_MET, Parser
from personatwin_sk.commands._printing import progress, tell, tell_json
from personatwin_sk.exceptions import DataWarning, InputError

HELP = "measure the risk of a file as it is"
DESCRIPTION = """\
Measure how likely people in a file are to be recognised if it were shared as it is: raw data, or
what some other tool made of them. Nothing is written and no value of anybody is printed.

People are counted by person_id; in a file without it, every row is one person."""
EXAMPLES = """\
examples:
  personatwin assess court.csv --state OH
  personatwin assess survey.csv --keys age gender zip --json
  personatwin assess people.parquet --attacker prosecutor --target-risk 0.09

exit status: 0 measured, 2 unusable input, 3 the risk is above --target-risk."""


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add(
        "input",
        needed=True,
        metavar="FILE",
        help='CSV file, plain or gzipped, or Parquet; "-": from a pipe',
    )
    parser.add(
        "--keys",
        nargs="+",
        action="extend",
        default=[],
        metavar="COL",
        help="quasi-identifiers: what an attacker may know of people (default: those of age, "
        "gender, ethnicity and geography that are there)",
    )
    add_input_options(parser)
    parser.add("--state", metavar="STATE", help="state in which counties named without one lie")
    parser.add(
        "--attacker",
        choices=("prosecutor", "journalist", "marketer"),
        default="journalist",
        help="prosecutor: knows who is in the file; journalist: knows only that the target is one "
        "of the population (default); marketer: links everybody",
    )
    parser.add(
        "--known-events",
        type=whole_number,
        metavar="N",
        help="events of their target that an attacker knows (default: 1 if there are events)",
    )
    parser.add(
        "--target-risk", type=float, metavar="RISK", help="exit with 3 if the risk is above this"
    )
    parser.add("--no-census", action="store_true", help="use no population: 1 / people alike")
    parser.add("--offline", action="store_true", help="use no network")
    parser.add("--json", action="store_true", help="print all figures as JSON")
    add_config_option(parser)


def run(options: Namespace) -> int:
    """Measure, and print what was measured."""
    from personatwin_sk.population import CensusPopulation
    from personatwin_sk.release._columns import DATE, EVENT_TYPE, KEYS, PERSON
    from personatwin_sk.release._personas import CLASS_SIZE
    from personatwin_sk.risk import ReidentificationRisk

    target = options.target_risk
    if target is not None and not 0 < target <= 1:
        raise InputError(f"--target-risk must be above 0 and at most 1, got {target:g}")
    renamed(options.map), relabelled(options.labels)
    begin = progress()
    begin("reading the file")
    frame = _read(options)
    keys = list(dict.fromkeys(options.keys)) or [name for name in KEYS if name in frame]
    missing = sum(name not in frame for name in keys)
    if missing:
        raise InputError(f"--keys names {missing} of {len(keys)} columns that the file lacks")
    if not keys:
        raise InputError(
            f"none of the columns {', '.join(KEYS)} is there; say which columns an attacker may "
            "know (--keys COL ...), or what the file calls ours (--map age=COL)"
        )
    if PERSON in keys:
        raise InputError("--keys: person_id is whose the row is, not what an attacker knows")
    frame = _placed(frame, options.state)
    if CLASS_SIZE in frame and PERSON not in frame:
        warnings.warn(
            "The column 'class_size' is not counted: each row is taken for one person. A release "
            "of this program is checked by personatwin verify.",
            DataWarning,
            stacklevel=2,
        )
    has_events = EVENT_TYPE in frame and DATE in frame and PERSON in frame
    known = options.known_events
    if known and not has_events:
        raise InputError("--known-events needs the columns person_id, event_type and date")
    counted = not options.no_census and options.attacker != "prosecutor" and set(KEYS) & set(keys)
    begin("measuring")
    report = ReidentificationRisk(
        keys,
        person_id=PERSON if PERSON in frame else None,
        population=CensusPopulation(source="bundled" if options.offline else "auto")
        if counted
        else None,
        attacker=options.attacker,
        known_events=int(has_events) if known is None else known,
        event_type=EVENT_TYPE if has_events else None,
        date=DATE if has_events else None,
    )(frame, frame)
    facts = {"quasi_identifiers": keys, **report.to_dict(), "verdict_risk": report.verdict_risk}
    if options.json:
        tell_json(facts)
    else:
        tell(_in_words(facts, len(frame), PERSON in frame))
    return NOT_MET if target is not None and report.verdict_risk > target + 1e-12 else DONE


def _read(options: Namespace) -> Any:
    """Read people and events; a file without persons is a row per person."""
    import io

    from personatwin_sk.release._loaders import _read as read_table
    from personatwin_sk.release._read_csv import read_ages

    columns = renamed(options.map)
    if options.events is not None:
        return load(options)
    source = source_of(options.input)
    content = source if isinstance(source, str) else io.BytesIO(source.getvalue())
    frame = read_table(source, columns, optional=False)
    if "person_id" in frame and any(
        name in frame for name in ("age", "gender", "ethnicity", "geography", "date_of_birth")
    ):
        from personatwin_sk.release import load_people_events

        return load_people_events(
            content,
            columns=columns,
            labels=relabelled(options.labels),
            reference_date=options.reference_date,
        )
    if options.labels or options.reference_date:
        raise InputError("--labels and --reference-date need a file with person_id and traits")
    if "age" in frame:
        frame["age"] = read_ages(frame["age"])
    return frame


def _placed(frame: Any, state: str | None) -> Any:
    """Name the state of places without one, and refuse what is no state."""
    if state is None:
        return frame
    from personatwin_sk.population.places import find_state
    from personatwin_sk.release._prepare import in_state

    if find_state(state) is None:
        raise InputError("--state is no state of the United States, such as OH or Ohio")
    if "geography" not in frame:
        return frame
    return frame.assign(geography=in_state(frame["geography"], state))


def _in_words(facts: Mapping[str, Any], n_rows: int, has_people: bool) -> str:
    events = facts["event_risk"]
    people = (
        f"{facts['n_people']} people in {n_rows} rows"
        if has_people
        else (f"{n_rows} rows, each taken for one person")
    )
    lines = [
        f"verdict      {facts['risk_level']}: risk {facts['verdict_risk']:.4f} "
        f"({facts['attacker']})",
        f"file         {people}, {facts['n_classes']} distinct rows of "
        f"{', '.join(map(str, facts['quasi_identifiers']))}",
        f"k            {facts['k_anonymity']}",
        f"prosecutor   mean {facts['prosecutor']['mean']:.4f}, "
        f"largest {facts['prosecutor']['max']:.4f}",
        f"journalist   mean {facts['journalist']['mean']:.4f}, "
        f"largest {facts['journalist']['max']:.4f}, upper limit {facts['upper']:.4f}"
        if facts["has_population"]
        else "journalist   no population to count: as the prosecutor",
    ]
    if events["known_events"]:
        lines.append(
            f"events       who knows {events['known_events']}: mean {events['mean']:.4f}, "
            f"upper limit {events['upper']:.4f}"
        )
    at_risk = ", ".join(
        f"{share:.1%} above {float(limit):.0%}" for limit, share in facts["share_at_risk"].items()
    )
    lines.append(f"people       {at_risk}")
    if facts["drivers"]:
        told = (f"{one['column']} {one['mean_without']:.4f}" for one in facts["drivers"])
        lines.append(f"without      {', '.join(told)}")
    met = ", ".join(
        f"{name} {'yes' if is_met else 'no'}" for name, is_met in facts["presets"].items()
    )
    lines += [
        f"limits met   {met}",
        f"attacker     {facts['attacker_in_words']}",
        f"advice       {facts['recommendation']}",
    ]
    return "\n".join(lines)
