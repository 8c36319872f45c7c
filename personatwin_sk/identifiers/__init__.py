"""Direct identifiers recognised, dropped, and accounted for."""

from personatwin_sk.identifiers._remover import IdentifierRemover

__all__ = ["IdentifierRemover"]
