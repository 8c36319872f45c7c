"""RiskAwareSearch: the most useful setting among those whose risk is under the target."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from copy import deepcopy
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, TransformerTags, get_tags
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from personatwin_sk._core.base import read_table
from personatwin_sk._core.sklearn_private import (
    CallbackMixin,
    FitTasks,
    HasMethods,
    Interval,
    SecretReprMixin,
    StrOptions,
    VisualBlock,
    fit_context,
    managed_callbacks,
)
from personatwin_sk.model_selection._candidates import UtilityMeasure
from personatwin_sk.model_selection._constraints import RiskMeasure
from personatwin_sk.model_selection._frontier import tabulate_frontier
from personatwin_sk.model_selection._hunt import Hunt
from personatwin_sk.model_selection._measures import read_measures
from personatwin_sk.model_selection._messages import infeasible, repeat_warnings, warn_of_failures
from personatwin_sk.model_selection._polish import most_polishing
from personatwin_sk.model_selection._results import tabulate
from personatwin_sk.model_selection._routing import make_router, route
from personatwin_sk.model_selection._settings import list_settings
from personatwin_sk.noise import check_step_order

__all__ = ["RiskAwareSearch"]


def _kept_estimator_has(name: str) -> Any:
    """Tell whether the chosen estimator has a method; before fit, whether the given one does."""

    def check(search: RiskAwareSearch) -> bool:
        if not search.refit:
            raise AttributeError(
                f"{name} is not available: this search keeps no estimator (refit=False)."
            )
        getattr(getattr(search, "best_estimator_", search.estimator), name)
        return True

    return check


class RiskAwareSearch(SecretReprMixin, CallbackMixin, MetaEstimatorMixin, BaseEstimator):
    """Find the most useful setting of an estimator whose risk is within the target.

    Every setting of the grid is fitted to the whole table, and the table that it would release is
    measured: how likely is somebody recognised in it, and how much of the original is left. Of the
    settings whose risk is at most `target_risk` the most useful one is chosen. If there is none,
    the search says so and names the nearest; it never returns the least bad one.

    Parameters
    ----------
    estimator : transformer
        Gives the same rows in the same order; mostly a Pipeline that ends in a
        :class:`~personatwin_sk.PersonaMerger`.
    param_grid : dict or list of dicts
        Settings to try, as in :class:`~sklearn.model_selection.GridSearchCV`; with `n_iter` also
        distributions, as in :class:`~sklearn.model_selection.RandomizedSearchCV`.
    target_risk : float in (0, 1] or dict of str -> float, default=0.05
        The bound on the verdict: the larger of ``report.upper`` and ``report.event_risk.upper``.
        Where `risk` is a dict, one number for all, or a dict with a target for each name.
    risk : callable or dict of str -> callable, default=None
        ``risk(original, released) -> RiskReport``. None:
        :class:`~personatwin_sk.ReidentificationRisk` over the merger's quasi-identifiers as they
        are in `estimator` before the grid, with the bundled census where it knows any of them and
        can read their values, as prosecutor otherwise. A dict names several, all of which have to
        meet their targets.
    utility : callable, str or None, default=None
        ``utility(original, released) -> float``, up is good. None:
        :func:`~personatwin_sk.information_kept` over the merger's quasi-identifiers and the columns
        of the steps that are :class:`~personatwin_sk.TemporalNoise` or
        :class:`~personatwin_sk.OutcomeNoise`. With `target`, a scikit-learn scorer or its name.
    strategy : {"pruned", "exhaustive"}, default="pruned"
        "exhaustive": every candidate is fitted by itself and measured. "pruned": steps that
        candidates of a Pipeline have in common are fitted once, and what is proved unable to win is
        not measured; the answer is the same (see Notes).
    target : column, default=None
        Column that a model is to predict: utility is then how well a model trained on the release
        predicts it for real rows (:class:`~personatwin_sk.utility.ModelScore`, which also takes
        other models), by the scorer `utility`; None there: accuracy, or R2.
    cv : int, splitter or iterable, default=None
        With `target`, folds; the rows of one person of the merger stay together. None: 5.
    n_iter : int, default=None
        Settings to draw at random from `param_grid`. None: all of it.
    polish : bool, default=False
        Look on after the grid: for each parameter with whole numbers, the gap between the best
        setting and the nearest one that differs from it in this parameter only, fails, and would be
        more useful, is halved until the numbers touch. What was tried stands in ``cv_results_``
        after the grid.
    random_state : int, RandomState or None, default=None
        Of the draw of `n_iter` settings.
    n_jobs : int, default=None
        Candidates that are worked on at the same time, through joblib.
    refit : bool, default=True
        Keep the estimator of the chosen setting, so that the search can transform. It is the very
        one that was measured: it is not fitted again, which could draw other noise.
    verbose : int, default=0
        1: one line on stderr that tells how far the search is, and the best so far. More: a line
        for each candidate that was fitted and each risk measured. (scikit-learn's own callbacks,
        where it has them, are set by ``set_callbacks``: each candidate is a task.)
    risk_on : {"average", "max"}, default="average"
        Whether the target bounds the upper limit of the mean, or that of the person most at risk:
        the larger of ``report.max_upper`` and ``report.event_risk.max``, which is 1 where events
        are sampled (the largest chance of some draws is no limit of that of all). A report of
        another kind may have a `max_risk` alone.
    min_k : int, default=None
        Least ``report.k_anonymity`` of a release, whatever its mergers were set to. None: what
        they were set to.
    error_score : "raise" or float, default="raise"
        What becomes of a candidate whose fit or measures fail: the error comes through, or this
        number is its utility, it is infeasible, and one warning counts such candidates.

    Attributes
    ----------
    cv_results_ : dict of arrays of shape (n_candidates,)
        In the order of the grid; ready for ``pandas.DataFrame``. `params`, `param_*`, `risk` (mean)
        and `risk_upper` of the verdict, `utility`, `feasible`, `pareto_optimal` (nothing that was
        measured is safer and no less useful, or more useful and no less safe), `rank_utility` (1 is
        the most useful, feasible or not), `fit_time` in seconds. NaN where nothing was measured.
        With several risks, `risk_NAME` and `risk_upper_NAME` of each, while `risk` and `risk_upper`
        are the largest share of its target that one of them takes up: 1 just meets it.
        It is there, too, after InfeasibleRiskError: all that was measured.
    frontier_ : DataFrame
        The candidates that nothing measured beats in risk or utility without losing in the other,
        from the safest on: rows of ``cv_results_`` by their index `candidate`, with `param_*`,
        `risk_upper`, `utility`, `feasible`, `pareto_optimal`, `knee` (where the frontier bends
        most: farthest above the line between its ends) and `chosen`. Where the strategy left risks
        unmeasured it ends at the chosen candidate; what is listed is the same as if all were.
        :class:`~personatwin_sk.RiskUtilityDisplay` plots it.
    best_index_ : int
        Row of the chosen setting in ``cv_results_``.
    best_params_ : dict
        The chosen setting.
    best_estimator_ : estimator
        Fitted to the whole table with it. As secret as the table. Only with ``refit=True``.
    best_score_ : float
        Its utility.
    best_risk_ : float
        Its risk: the upper limit that the target was compared with.
    best_report_ : RiskReport or dict of str -> RiskReport
        What `risk` returned for it. Its ``individual_risks`` are per row of the table. Where the
        figures of a :class:`~personatwin_sk.ReidentificationRisk` rest on draws, they are measured
        again with other draws, which the choice has not seen, at the confidence that was given.
    n_candidates_evaluated_ : int
        Candidates that were evaluated to the end: fitted, and their utility and risk measured, or
        found to fail.
        A search that is interrupted keeps this and ``cv_results_`` as far as it came.
    n_fits_ : int
        Steps that were fitted, over all candidates; a pipeline of three steps that is fitted whole
        counts 3.
    n_full_fits_ : int
        Fits of whole pipelines that these amount to, rounded up: ``n_fits_`` over the steps that a
        candidate has. The exhaustive search makes as many as there are candidates.
    n_features_in_ : int
        Columns of the table that was fitted.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all of them are text.

    Raises
    ------
    InfeasibleRiskError
        No setting meets the target and holds its k.
    ValueError
        A step of `estimator` puts noise on key variables after they were merged. The grid changes
        quasi-identifiers, or the estimator holds no merger or several, while not both `risk` and
        `utility` are given. Names of risks and targets do not agree. `param_grid` has distributions
        and `n_iter` is None. `cv` or a named `utility` is given without `target`.

    Notes
    -----
    **Feasible** means that the verdict is at most `target_risk` (up to rounding, 1e-12) and that
    the released table has the k-anonymity that every merger in the candidate promises, and
    `min_k`. The choice among many candidates makes the best of noisy estimates look better than it
    is. So the limits of a :class:`~personatwin_sk.ReidentificationRisk`, the default or a given
    one, are corrected for the size of the whole grid, however few of it are looked at
    (``n_compared``): where it has the confidence c, the limit of each of n candidates has
    1 - (1 - c)/n for what errs in each by itself, draws of events for one (Bonferroni); with
    `polish`, n counts the most that it could add. Counts of a population err alike in all
    candidates, and figures that are exact, such as a prosecutor's, not at all: these stay what they
    are. A `risk` of another kind that is estimated from random draws has to correct its ``upper``
    itself.

    **Best** means the most useful; among equally useful ones the one with the lower risk; among
    those the earlier one in the grid.

    **Pruned** means this. A step of a Pipeline is fitted once for all candidates that set it to the
    same and give it the same: the same settings up to it, or, where a step of ours names its
    columns, up to what these columns come from; what it made of them is put into each candidate's
    table. Where it draws its own key (``random_state=None``), they share the draw. And utility is
    measured before risk: a candidate that is less useful than one that meets
    the target cannot win, whatever its risk, so that its risk is left NaN in ``cv_results_`` and
    its error, if measuring it would have failed, is not met. With the default utility a candidate
    may not even be fitted to its end: what dates and outcomes have lost in its first steps no
    merger gives back, and if that is too much already, all its figures are NaN. Nothing is left out
    because more of something is *usually* safer. Which risks are measured may depend on `n_jobs`,
    the answer does not; where nothing is feasible, all of them are. The setting of a Pipeline that
    has `memory`, `verbose`, `transform_input` or callbacks, and any other estimator, is fitted
    whole.

    `transform` maps other rows to the chosen release's personas; the risk was measured for the
    table of `fit` only.

    See Also
    --------
    personatwin_sk.assess_risk : Measure one release.
    personatwin_sk.information_kept : The default utility.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.merging import PersonaMerger
    >>> from personatwin_sk.model_selection import RiskAwareSearch
    >>> people = pd.DataFrame({"height": range(150, 190), "shoe_size": [36, 38, 40, 42] * 10})
    >>> search = RiskAwareSearch(PersonaMerger(), {"k": [2, 5, 10]}, target_risk=0.2)
    >>> search.fit(people).best_params_
    {'k': 5}
    >>> bool(search.best_risk_ <= 0.2)
    True
    >>> released = search.transform(people)
    >>> len(released)
    40
    """

    _parameter_constraints: dict[str, Any] = {
        "estimator": [HasMethods(["fit", "transform", "set_params"])],
        "param_grid": [dict, list],
        "target_risk": [Interval(Real, 0, 1, closed="right"), dict],
        "risk": [callable, dict, None],
        "utility": [callable, str, None],
        "target": "no_validation",
        "cv": ["cv_object"],
        "n_iter": [Interval(Integral, 1, None, closed="left"), None],
        "polish": ["boolean"],
        "random_state": ["random_state"],
        "strategy": [StrOptions({"pruned", "exhaustive"})],
        "n_jobs": [Integral, None],
        "refit": ["boolean"],
        "verbose": ["verbose"],
        "risk_on": [StrOptions({"average", "max"})],
        "min_k": [Interval(Integral, 1, None, closed="left"), None],
        "error_score": [StrOptions({"raise"}), Real],
    }

    def __init__(
        self,
        estimator: Any,
        param_grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]],
        *,
        target_risk: float | Mapping[str, float] = 0.05,
        risk: RiskMeasure | Mapping[str, RiskMeasure | None] | None = None,
        utility: UtilityMeasure | str | None = None,
        strategy: str = "pruned",
        n_jobs: int | None = None,
        refit: bool = True,
        verbose: int = 0,
        risk_on: str = "average",
        min_k: int | None = None,
        target: Hashable | None = None,
        cv: Any = None,
        n_iter: int | None = None,
        polish: bool = False,
        random_state: Any = None,
        error_score: Any = "raise",
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.target_risk = target_risk
        self.risk = risk
        self.utility = utility
        self.strategy = strategy
        self.n_jobs = n_jobs
        self.refit = refit
        self.verbose = verbose
        self.risk_on = risk_on
        self.min_k = min_k
        self.target = target
        self.cv = cv
        self.n_iter = n_iter
        self.polish = polish
        self.random_state = random_state
        self.error_score = error_score

    @fit_context(prefer_skip_nested_validation=False)
    @managed_callbacks
    def fit(self, X: Any, y: Any = None, **params: Any) -> RiskAwareSearch:
        """Try every setting on a table and choose one.

        Parameters
        ----------
        X : table or array-like of shape (n_rows, n_columns)
            The table to release.
        y : array-like of shape (n_rows,), default=None
            Handed on to the estimator.
        **params : dict of str -> object
            Handed on as in scikit-learn's searches: with metadata routing, to the steps of the
            estimator and the splitter that ask for it; without, `groups` to the folds of `target`
            and all else to the estimator's fit. With any for the estimator, candidates share no
            fitted steps.

        Returns
        -------
        self : RiskAwareSearch
        """
        check_step_order(self.estimator)
        of_estimator, groups = route(self, params)
        settings = list_settings(self.param_grid, self.n_iter, self.random_state)
        X = read_table(self, X, reset=True).to_native()

        n_candidates = len(settings) + (most_polishing(settings) if self.polish else 0)
        measures = read_measures(
            self, settings, n_candidates, X, params=of_estimator, groups=groups
        )
        tasks = FitTasks(self, None if self.polish else n_candidates, X, y)
        # What an earlier fit found is about another table.
        for name in ("best_index_", "best_estimator_", "cv_results_"):
            self.__dict__.pop(name, None)
        hunt = Hunt(
            self.estimator,
            settings,
            X,
            y,
            measures,
            pruned=self.strategy == "pruned",
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            tasks=tasks,
        )
        try:
            hunt.run()
            if self.polish and hunt.leader.candidate is not None:
                hunt.polish()
        finally:
            # Whoever loses patience keeps what is known so far.
            hunt.close()
            self._tell_results(hunt)
        repeat_warnings(hunt.candidates)
        warn_of_failures(hunt.candidates)
        chosen = hunt.leader.candidate
        if chosen is None:
            raise infeasible(hunt.candidates, hunt.leader.nearest, measures.constraints)

        self.best_index_ = hunt.leader.index
        self.best_params_ = dict(chosen.params)
        self.best_score_ = chosen.utility
        self.best_risk_ = chosen.risk_upper
        reports = hunt.report_afresh()
        self.best_report_ = reports if isinstance(self.risk, Mapping) else reports[""]
        if self.refit:
            self.best_estimator_ = chosen.estimator
        tasks.all_done()
        return self

    def _tell_results(self, hunt: Hunt) -> None:
        self.cv_results_ = tabulate(hunt.candidates)
        self.n_candidates_evaluated_ = sum(candidate.evaluated for candidate in hunt.candidates)
        self.n_fits_ = hunt.n_fits
        self.n_full_fits_ = hunt.n_full_fits

    @property
    def frontier_(self) -> pd.DataFrame:
        """The Pareto-optimal candidates, from the safest on; knee and choice marked."""
        check_is_fitted(self, "cv_results_")
        return tabulate_frontier(self.cv_results_, getattr(self, "best_index_", None))

    @available_if(_kept_estimator_has("transform"))
    def transform(self, X: Any) -> Any:
        """Release a table with the chosen estimator.

        Parameters
        ----------
        X : table or array-like of shape (n_rows, n_columns)

        Returns
        -------
        table or ndarray of shape (n_rows, n_columns_out)
            What ``best_estimator_`` makes of it.
        """
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_.transform(X)

    @available_if(_kept_estimator_has("transform"))
    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Choose a setting for a table and release the table with it.

        Parameters
        ----------
        X : table or array-like of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,), default=None
        **params : dict of str -> object
            As in :meth:`fit`.

        Returns
        -------
        table or ndarray of shape (n_rows, n_columns_out)
        """
        return self.fit(X, y, **params).transform(X)

    @available_if(_kept_estimator_has("get_feature_names_out"))
    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the columns that ``transform`` gives.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns that come in.

        Returns
        -------
        ndarray of str objects, shape (n_columns_out,)
        """
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_.get_feature_names_out(input_features)

    @available_if(_kept_estimator_has("set_output"))
    def set_output(self, *, transform: str | None = None) -> RiskAwareSearch:
        """Set the container of what ``transform`` gives, as on any transformer.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            None leaves it as it is.

        Returns
        -------
        self : RiskAwareSearch
        """
        self.estimator.set_output(transform=transform)
        if hasattr(self, "best_estimator_"):
            self.best_estimator_.set_output(transform=transform)
        return self

    def get_metadata_routing(self) -> MetadataRouter:
        """Tell what the estimator's steps and the splitter ask for.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
        """
        return make_router(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        for name in ("estimator_type", "transformer_tags", "input_tags", "target_tags"):
            setattr(tags, name, deepcopy(getattr(inner, name)))
        tags.non_deterministic = inner.non_deterministic
        if isinstance(self.estimator, Pipeline):
            # A Pipeline does not tell what its steps agree to take, nor sees past idle last steps.
            steps = [get_tags(step) for step in _working_steps(self.estimator)]
            for name in ("allow_nan", "string", "categorical"):
                agreed = all(getattr(step.input_tags, name) for step in steps)
                setattr(tags.input_tags, name, agreed)
            tags.transformer_tags = deepcopy(steps[-1].transformer_tags) if steps else None
        if tags.transformer_tags is None:
            tags.transformer_tags = TransformerTags()
        return tags

    def _sk_visual_block_(self) -> Any:
        """Show the estimator inside, the chosen one once there is one."""
        key = "best_estimator_" if hasattr(self, "best_estimator_") else "estimator"
        inner = getattr(self, key)
        return VisualBlock(
            "parallel",
            [inner],
            names=[f"{key}: {type(inner).__name__}"],
            name_details=[str(inner)],
        )


def _working_steps(pipeline: Pipeline) -> list[Any]:
    """List the steps that do something, those of pipelines among them too."""
    return [
        inner
        for _, step in pipeline.steps
        if _works(step)
        for inner in (_working_steps(step) if isinstance(step, Pipeline) else [step])
    ]


def _works(step: Any) -> bool:
    """Tell whether a step of a Pipeline does something."""
    return step is not None and not isinstance(step, str)
