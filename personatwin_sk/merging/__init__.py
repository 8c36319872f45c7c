"""Merging people into personas of at least k."""

from personatwin_sk.merging._information_loss import certainty_penalty
from personatwin_sk.merging._merger import PersonaMerger

__all__ = ["PersonaMerger", "certainty_penalty"]
