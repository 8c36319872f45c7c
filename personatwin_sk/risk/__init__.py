"""How likely it is that somebody in a released table is recognised."""

from personatwin_sk.risk._assess import ReidentificationRisk, assess_risk
from personatwin_sk.risk._events import EventRisk
from personatwin_sk.risk._report import RiskFigures, RiskReport

__all__ = ["EventRisk", "ReidentificationRisk", "RiskFigures", "RiskReport", "assess_risk"]
