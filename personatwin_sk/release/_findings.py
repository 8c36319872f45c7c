"""What is found out about a release once it has passed the gate: what is kept, attacks, checks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from personatwin_sk._core.frames import Table
from personatwin_sk.release._attack import attack_release
from personatwin_sk.release._columns import ReleaseColumns
from personatwin_sk.release._histories_told import histories_told
from personatwin_sk.release._kept import measure_kept
from personatwin_sk.release._personas import Personas
from personatwin_sk.release._refusals import recognised_identifiers
from personatwin_sk.release._statements import release_checks
from personatwin_sk.risk import ReidentificationRisk, RiskReport

__all__ = ["findings"]


def findings(
    original: pd.DataFrame,
    released: pd.DataFrame,
    personas: Personas,
    columns: ReleaseColumns,
    risk: ReidentificationRisk,
    report: RiskReport,
    k: int,
    *,
    random_state: Any = None,
) -> dict[str, dict[str, Any] | None]:
    """Measure what is told of a release beside its risk.

    Parameters
    ----------
    original, released : pandas.DataFrame of shape (n_rows, ...)
        The data as they were read, and the same rows as they are released.
    personas : Personas
        What leaves.
    columns : ReleaseColumns
    risk : ReidentificationRisk
        What an attacker is taken to know.
    report : RiskReport
        Of `released`.
    k : int
        The floor: no figure rests on fewer people. (The smallest class may be far larger. Smaller
        groups than that have disparities too, and whoever signs has to see which are lost.)
    random_state : int, RandomState or None, default=None
        Draws the targets of the attack.

    Returns
    -------
    dict
        ``kept`` (see `measure_kept`), ``attack`` (`attack_release`), ``histories``
        (`histories_told`) and ``checks`` (`release_checks`), each ready for JSON.
    """
    attack = attack_release(original, released, risk, k, random_state=random_state)
    return {
        "kept": measure_kept(original, released, columns, k, aggregated=personas.aggregated_events),
        "attack": attack,
        "histories": histories_told(personas.histories),
        "checks": release_checks(
            personas,
            report,
            dropped=recognised_identifiers(Table.of(original), columns.dropped),
            population=risk.population,
        ),
    }
