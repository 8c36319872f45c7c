"""How much of a table is left in its release."""

from personatwin_sk.utility._information import information_kept

__all__ = ["information_kept"]
