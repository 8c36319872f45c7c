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

try:  # scikit-learn >= 1.9; experimental there
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:
    CallbackSupportMixin = with_callbacks = None

__all__ = [
    "CallbackMixin",
    "FitTasks",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "SecretReprMixin",
    "StrOptions",
    "VisualBlock",
    "check_feature_names_in",
    "fit_context",
    "has_callbacks",
    "managed_callbacks",
    "output_container",
    "validate_params",
]


class _NoCallbacks:
    """Stands in for callbacks where scikit-learn has none: there is no ``set_callbacks``."""


CallbackMixin: Any = CallbackSupportMixin or _NoCallbacks


def managed_callbacks(method: Any) -> Any:
    """Decorate ``fit``: callbacks are torn down after it, however it ends."""
    return method if with_callbacks is None else with_callbacks(method)


def has_callbacks(estimator: Any) -> bool:
    """Tell whether an estimator has callbacks of its own, which its ``fit`` is to call."""
    return bool(getattr(estimator, "_skl_callbacks", None))


class FitTasks:
    """Tells an estimator's callbacks what its ``fit`` is at; nobody where there are none.

    Parameters
    ----------
    estimator : CallbackMixin
        Whose ``fit`` is decorated by :func:`managed_callbacks`.
    n_tasks : int or None
        Tasks that are to come; None: not known yet.
    X, y : table, array-like or None
        What it is fitted to.
    """

    def __init__(self, estimator: Any, n_tasks: int | None, X: Any, y: Any) -> None:
        self._estimator = estimator
        self._given = {"X": X, "y": y}
        self._context: Any = None
        if with_callbacks is not None:
            root = estimator._init_callback_context(max_subtasks=n_tasks)
            self._context = root.call_on_fit_task_begin(estimator=estimator, **self._given)

    def one_done(self, name: str) -> None:
        """Tell of one task that is done."""
        if self._context is not None:
            task = self._context.subcontext(task_name=name)
            task.call_on_fit_task_begin(estimator=self._estimator, **self._given)
            task.call_on_fit_task_end(estimator=self._estimator, **self._given)

    def all_done(self) -> None:
        """Tell that the fit is done."""
        if self._context is not None:
            self._context.call_on_fit_task_end(estimator=self._estimator, **self._given)


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
