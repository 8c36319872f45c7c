"""Privacy-preserving release of people-events data, the scikit-learn way."""

from personatwin_sk._version import __version__

__all__ = ["__version__"]
