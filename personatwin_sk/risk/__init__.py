"""How likely it is that somebody in a released table is recognised."""

from personatwin_sk.risk._assess import ReidentificationRisk, assess_risk
from personatwin_sk.risk._events import EventRisk
from personatwin_sk.risk._presets import PRESETS, THRESHOLDS, Preset
from personatwin_sk.risk._report import RiskFigures, RiskReport
from personatwin_sk.risk._sensitive import Diversity, measure_diversity
from personatwin_sk.risk._suda import SudaScores, suda_scores
from personatwin_sk.risk._uniqueness import population_uniqueness
from personatwin_sk.risk.attacks import (
    ATTACKS,
    AttackResult,
    ResidualRisk,
    find_weaknesses,
    inference_risk,
    run_attacks,
    simulate_linkage,
    singling_out_risk,
)

__all__ = [
    "ATTACKS",
    "PRESETS",
    "THRESHOLDS",
    "AttackResult",
    "Diversity",
    "EventRisk",
    "Preset",
    "ReidentificationRisk",
    "ResidualRisk",
    "RiskFigures",
    "RiskReport",
    "SudaScores",
    "assess_risk",
    "find_weaknesses",
    "inference_risk",
    "measure_diversity",
    "population_uniqueness",
    "run_attacks",
    "simulate_linkage",
    "singling_out_risk",
    "suda_scores",
]
