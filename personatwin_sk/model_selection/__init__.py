"""Search for the most useful release whose risk stays under a target."""

from personatwin_sk.model_selection._constraints import corrected
from personatwin_sk.model_selection._display import RiskUtilityDisplay
from personatwin_sk.model_selection._search import RiskAwareSearch
from personatwin_sk.model_selection._usefulness import InformationUtility

__all__ = ["InformationUtility", "RiskAwareSearch", "RiskUtilityDisplay", "corrected"]
