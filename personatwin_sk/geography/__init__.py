"""Places made coarser: from an address up to the country."""

from personatwin_sk.geography._generalizer import GeographicGeneralizer

__all__ = ["GeographicGeneralizer"]
