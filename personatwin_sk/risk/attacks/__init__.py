"""Attacks that are tried on a release: linkage, singling out, attribute inference, weaknesses."""

from personatwin_sk.risk.attacks._inference import inference_risk
from personatwin_sk.risk.attacks._linkage import simulate_linkage
from personatwin_sk.risk.attacks._result import AttackResult, ResidualRisk
from personatwin_sk.risk.attacks._run import ATTACKS, attack_names, run_attacks
from personatwin_sk.risk.attacks._singling_out import singling_out_risk
from personatwin_sk.risk.attacks._weaknesses import find_weaknesses

__all__ = [
    "ATTACKS",
    "AttackResult",
    "ResidualRisk",
    "attack_names",
    "find_weaknesses",
    "inference_risk",
    "run_attacks",
    "simulate_linkage",
    "singling_out_risk",
]
