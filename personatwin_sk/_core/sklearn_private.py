"""The one file that touches scikit-learn's private names.

They have been stable from 1.6 on; when one moves, it is mended here and nowhere else.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_params,
)
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in

try:  # scikit-learn >= 1.7 moved the HTML diagram
    from sklearn.utils._repr_html.estimator import _VisualBlock as VisualBlock
except ImportError:
    from sklearn.utils._estimator_html_repr import _VisualBlock as VisualBlock

__all__ = [
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "SecretReprMixin",
    "StrOptions",
    "VisualBlock",
    "check_feature_names_in",
    "fit_context",
    "output_container",
    "validate_params",
]


def output_container(estimator: Any) -> str:
    """Tell what ``set_output`` asks of ``transform``: "default", "pandas" or "polars"."""
    return str(_get_output_config("transform", estimator)["dense"])


class SecretReprMixin:
    """Keep values learnt from data out of the HTML representation.

    scikit-learn's notebook display prints the first elements of fitted attributes; ours may hold
    values of people.
    """

    def _get_fitted_attr_html(self, doc_link: str = "") -> Any:
        try:
            from sklearn.utils._repr_html.fitted_attributes import AttrsDict
        except ImportError:  # no display of fitted attributes before scikit-learn 1.9
            return ()
        return AttrsDict(fitted_attrs={})
