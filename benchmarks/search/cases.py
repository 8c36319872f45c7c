"""The fixed list of what is searched: no case is left out because of what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.calibration.settings import CENSUS, NARROW, WIDE
from benchmarks.calibration.worlds import STATES

SEEDS = tuple(range(4))
SIZES = (3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60, 100, 200)
SWEEPS = (0, 3)
"""With and without refinement: other classes of about the same size, so that luck can choose."""

EVENT_SIZES = (10, 20, 40, 80, 120, 160)
PRECISIONS = ("month", "quarter", "year")
JITTERS = (0, 60, 240)

_FRACTION = 0.1


@dataclass(frozen=True)
class PeopleCase:
    """A file drawn from a world of people, and the bound on the risk of its release.

    Parameters
    ----------
    kind : str
        What the search knows of the world, in words.
    world : str
        As in `benchmarks.calibration.worlds`.
    keys : tuple of str
        Key variables; an attacker knows all of them of everybody in the world.
    target : float
    fraction : float
        Share of the world that is in the file.
    unknown : tuple of str, default=()
        Key variables that the reference population does not know, so that risk is estimated.
    counts : {"exact", "census"}, default="exact"
        Counts of the world itself, or the modelled ones that the package has of its counties.
    """

    kind: str
    world: str
    keys: tuple[str, ...]
    target: float
    fraction: float = _FRACTION
    unknown: tuple[str, ...] = ()
    counts: str = "exact"


@dataclass(frozen=True)
class EventCase:
    """A file of everybody in a made town, with dated events of which an attacker knows one each.

    Parameters
    ----------
    world : str
        A domain of `personatwin_sk.make_people_events`.
    n_people : int
    target : float
    """

    world: str
    n_people: int
    target: float
    kind: str = "one event known"


Case = PeopleCase | EventCase


def all_cases() -> list[Case]:
    """Give the whole list in a fixed order."""
    cases: list[Case] = []
    for target in (0.1, 0.15):
        cases.append(PeopleCase("all keys counted", "NIST", NARROW, target / 2))
        cases.append(PeopleCase("one key unknown", "NIST", WIDE, target, unknown=("EDU",)))
        cases.append(PeopleCase("two keys unknown", "NIST", WIDE, target, unknown=("MSP", "EDU")))
    for state in STATES:
        for target in (0.01, 0.02):
            cases.append(PeopleCase("all keys counted", state, CENSUS, target))
            cases.append(
                PeopleCase("one key unknown", state, CENSUS, target, unknown=("ethnicity",))
            )
            cases.append(PeopleCase("modelled counts", state, CENSUS, target, counts="census"))
    for domain in ("criminal_justice", "healthcare"):
        for target in (0.2, 0.3, 0.4):
            cases.append(EventCase(domain, 600, target))
    return cases


def quick_cases() -> list[Case]:
    """Give one case of each kind, those of small worlds."""
    small = [case for case in all_cases() if case.world in ("Vermont", "healthcare")]
    return list({case.kind: case for case in small}.values())
