"""Search for the most useful release whose risk stays under a target."""

from personatwin_sk.model_selection._display import RiskUtilityDisplay
from personatwin_sk.model_selection._search import RiskAwareSearch

__all__ = ["RiskAwareSearch", "RiskUtilityDisplay"]
