"""How much of a table is left in its release."""

from personatwin_sk.utility._disparities import OutcomeDisparities, outcome_disparities
from personatwin_sk.utility._information import information_kept
from personatwin_sk.utility._model_score import ModelScore, TrainOnReleased, train_on_released

__all__ = [
    "ModelScore",
    "OutcomeDisparities",
    "TrainOnReleased",
    "information_kept",
    "outcome_disparities",
    "train_on_released",
]
