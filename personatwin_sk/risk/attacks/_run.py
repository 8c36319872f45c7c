"""Several attacks on one release, by name."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk.attacks._inference import inference_risk
from personatwin_sk.risk.attacks._linkage import simulate_linkage
from personatwin_sk.risk.attacks._result import AttackResult, ResidualRisk
from personatwin_sk.risk.attacks._singling_out import singling_out_risk

__all__ = ["ATTACKS", "attack_names", "run_attacks"]

ATTACKS = ("linkage", "singling_out", "inference")
"""Names of the attacks that can be asked for."""


def attack_names(attacks: bool | str | Sequence[str], secret: Hashable | None) -> tuple[str, ...]:
    """Read which attacks are asked for.

    Parameters
    ----------
    attacks : bool, str or sequence of str
        True: all that can be run, which is without inference where no secret is named.
    secret : column or None

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        A name is not one of `ATTACKS`, or inference has nothing to infer.

    Examples
    --------
    >>> attack_names(True, None), attack_names("linkage", None), attack_names(False, "ill")
    (('linkage', 'singling_out'), ('linkage',), ())
    """
    if isinstance(attacks, bool):
        return tuple(n for n in ATTACKS if attacks and (n != "inference" or secret is not None))
    names = (attacks,) if isinstance(attacks, str) else tuple(attacks)
    if not set(names) <= set(ATTACKS):
        raise InputError(f"attacks may be {', '.join(map(repr, ATTACKS))}, or True for all.")
    if "inference" in names and secret is None:
        raise InputError("The attack 'inference' needs a column to infer: name it in secret.")
    return tuple(name for name in ATTACKS if name in names)


def run_attacks(
    original: Any,
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    *,
    attacks: bool | str | Sequence[str] = True,
    person_id: Hashable | None = None,
    population: ReferencePopulation | None = None,
    known_events: int = 0,
    event_type: Hashable | None = None,
    date: Hashable | None = None,
    secret: Hashable | None = None,
    control: Any = None,
    random_state: Any = 0,
    n_targets: int = 500,
    confidence: float = 0.95,
) -> dict[str, AttackResult | ResidualRisk]:
    """Attack a release in several ways.

    Parameters
    ----------
    original, released : table of shape (n_rows, n_columns)
        The same rows in the same order.
    quasi_identifiers, person_id, population, known_events, event_type, date
        As in :func:`simulate_linkage`.
    attacks : bool, str or sequence of {"linkage", "singling_out", "inference"}, default=True
        True: all of them, inference if `secret` is named.
    secret : column, optional
        What inference guesses.
    control : table, optional
        People who are not in the file, for singling out and inference.
    random_state : int, RandomState or None, default=0
        Of each attack. A fixed one makes reports of one release equal.
    n_targets : int, default=500
        Of each attack, at most.
    confidence : float, default=0.95

    Returns
    -------
    dict of str -> AttackResult or ResidualRisk
        By name, in the order of `ATTACKS`.

    Raises
    ------
    InputError, ColumnNotFoundError
        As the single attacks do; and if an attack has no such name.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"age": [31, 34, 38, 39]})
    >>> results = run_attacks(people, people.assign(age="30-39"), "age")
    >>> [(name, result.rate) for name, result in results.items()]
    [('linkage', 0.25), ('singling_out', 0.0)]
    """
    names = attack_names(attacks, secret)
    common: dict[str, Any] = {
        "person_id": person_id,
        "random_state": random_state,
        "n_targets": n_targets,
        "confidence": confidence,
    }
    results: dict[str, AttackResult | ResidualRisk] = {}
    if "linkage" in names:
        results["linkage"] = simulate_linkage(
            original,
            released,
            quasi_identifiers,
            population=population,
            known_events=known_events,
            event_type=event_type,
            date=date,
            **common,
        )
    if "singling_out" in names:
        results["singling_out"] = singling_out_risk(
            original, released, quasi_identifiers, control=control, **common
        )
    if "inference" in names:
        results["inference"] = inference_risk(
            original, released, quasi_identifiers, secret, control=control, **common
        )
    return results
