"""How much of a table is left in its release, and what can still be learned from it."""

from personatwin_sk.utility._association import AssociationPreserved, association_preserved
from personatwin_sk.utility._disparities import OutcomeDisparities, outcome_disparities
from personatwin_sk.utility._information import information_kept, ncp
from personatwin_sk.utility._marginals import k_marginal
from personatwin_sk.utility._model_score import ModelScore, TrainOnReleased, train_on_released
from personatwin_sk.utility._propensity import PropensityMSE, propensity_mse
from personatwin_sk.utility._report import UtilityReport, utility_report
from personatwin_sk.utility._sequences import EventSequences, event_sequences

__all__ = [
    "AssociationPreserved",
    "EventSequences",
    "ModelScore",
    "OutcomeDisparities",
    "PropensityMSE",
    "TrainOnReleased",
    "UtilityReport",
    "association_preserved",
    "event_sequences",
    "information_kept",
    "k_marginal",
    "ncp",
    "outcome_disparities",
    "propensity_mse",
    "train_on_released",
    "utility_report",
]
