"""Train on the release, test on the real: what a model loses by learning from a release."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv

from personatwin_sk._core.columns import factorize_column, is_ordered
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_column, person_codes
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._features import Features
from personatwin_sk.utility._reading import OrderedReader, reader_of
from personatwin_sk.utility._tables import Columns, read_pair, require_aligned, suppressed_rows

__all__ = ["ModelScore", "TrainOnReleased", "train_on_released"]

# A column of numbers with more distinct values is predicted as a number, not as a class.
_MAX_CLASSES = 10


@dataclass(frozen=True)
class TrainOnReleased:
    """What :func:`train_on_released` found.

    Attributes
    ----------
    score : float
        Mean score on real rows of the models that were trained on released ones.
    raw_score : float
        The same of the models that were trained on the original rows.
    fold_scores, raw_fold_scores : numpy.ndarray of shape (n_folds,)
    n_left_out : int
        Rows of the release that no model was trained on: suppressed ones, and those whose released
        target is none of the original values.
    """

    score: float
    raw_score: float
    fold_scores: np.ndarray = field(repr=False)
    raw_fold_scores: np.ndarray = field(repr=False)
    n_left_out: int

    @property
    def difference(self) -> float:
        """How much is lost (below 0) or won by training on the release."""
        return self.score - self.raw_score

    @property
    def standard_error(self) -> float:
        """Standard error of the difference, from the folds; NaN of one fold.

        Folds share most of their training rows, so that it is rather too small.
        """
        differences = self.fold_scores - self.raw_fold_scores
        if len(differences) < 2:
            return float("nan")
        return float(differences.std(ddof=1) / np.sqrt(len(differences)))

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain types, ready for JSON."""
        return {
            "score": self.score,
            "raw_score": self.raw_score,
            "difference": self.difference,
            "standard_error": None if np.isnan(self.standard_error) else self.standard_error,
            "fold_scores": self.fold_scores.tolist(),
            "raw_fold_scores": self.raw_fold_scores.tolist(),
            "n_left_out": self.n_left_out,
        }


class ModelScore:
    """How well a model that learned from a release predicts the real.

    An object is a ``utility`` of :class:`~personatwin_sk.RiskAwareSearch`: called with the original
    and the released table it gives a number, up is good. The rows are split into folds, the rows of
    one person always together; for each fold a model is trained on the released rows of the other
    folds and scored on the original rows of this one.

    Parameters
    ----------
    target : column
        What is predicted. It is read from the release for training and from the original for
        testing.
    scoring : str or callable, default=None
        A scikit-learn scorer or its name. None: the estimator's own ``score`` (accuracy, or R2).
    estimator : estimator, default=None
        Gets numbers only. None: :class:`~sklearn.ensemble.HistGradientBoostingClassifier`, or for
        numbers with more than 10 distinct values
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`.
    features : column or sequence of columns, default=None
        What is predicted from. None: all columns that both tables have, but `target` and
        `person_id`. Dates and labels of a release are read as described in Notes.
    person_id : column, default=None
        Whose row it is, read from the original. None: each row is somebody else.
    cv : int, splitter or iterable, default=5
        Folds of people, stratified by class; or, as in scikit-learn, a splitter (which gets people
        as ``groups``, given `person_id`) or pairs of train and test rows.
    random_state : int, default=0
        For the folds and the default estimator. The same for all releases of a search: differences
        between them are not due to the folds.
    hierarchies : mapping of column -> Hierarchy or table, default=None
        Features whose original values are labels of a hierarchy of the user's own.

    Notes
    -----
    Ordered labels ("30-39", "2023-Q2") count at their middles, an unordered set ("A|B") as a half
    of each, a place as equal parts of the original places within it; null is a value of its own.
    Suppressed rows are not trained on, nor are rows whose released target is a set. Test rows are
    always real ones, and are tested even where the release suppresses them.

    A release is fitted to the whole table, so that the people of a test fold have had their part in
    the representatives of their classes.

    See Also
    --------
    train_on_released : The same next to models trained on the original.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from personatwin_sk.utility import ModelScore
    >>> table = pd.DataFrame({"age": range(20, 80), "retired": ["no"] * 40 + ["yes"] * 20})
    >>> blurred = table.assign(age=["20-49"] * 30 + ["50-79"] * 30)
    >>> utility = ModelScore("retired", estimator=DecisionTreeClassifier(max_depth=1), cv=3)
    >>> round(utility(table, table), 2), round(utility(table, blurred), 2)
    (0.98, 0.83)
    """

    def __init__(
        self,
        target: Hashable,
        *,
        scoring: str | Callable[..., float] | None = None,
        estimator: Any = None,
        features: Columns | None = None,
        person_id: Hashable | None = None,
        cv: Any = 5,
        random_state: int = 0,
        hierarchies: Mapping[Any, Any] | None = None,
    ) -> None:
        self.target = target
        self.scoring = scoring
        self.estimator = estimator
        self.features = features
        self.person_id = person_id
        self.cv = cv
        self.random_state = random_state
        self.hierarchies = hierarchies

    def __call__(self, original: Any, released: Any) -> float:
        """Score one release.

        Parameters
        ----------
        original, released : table or array-like of shape (n_rows, n_columns)
            Row i of one is row i of the other.

        Returns
        -------
        float

        Raises
        ------
        ColumnNotFoundError
            A named column is in one of the tables only, or in none.
        InputError
            The tables do not align, there are fewer people than folds, nothing to predict from, or
            no released row to train on.
        """
        after = Table.of(released)
        return float(np.mean(_Trial(self, Table.of(original), after).scores(after)[0]))

    def __repr__(self) -> str:
        return f"ModelScore({self.target!r})"


def train_on_released(
    original: Any,
    released: Any,
    target: Hashable,
    *,
    scoring: str | Callable[..., float] | None = None,
    estimator: Any = None,
    features: Columns | None = None,
    person_id: Hashable | None = None,
    cv: Any = 5,
    random_state: int = 0,
    hierarchies: Mapping[Any, Any] | None = None,
) -> TrainOnReleased:
    """Compare models trained on a release with models trained on the original.

    Both are tested on the same original rows, of people whose rows neither was trained on.

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after; row i of one is row i of the other.
    target, scoring, estimator, features, person_id, cv, random_state, hierarchies
        As in :class:`ModelScore`.

    Returns
    -------
    TrainOnReleased

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        The tables do not align, there are fewer people than folds, nothing to predict from, or no
        released row to train on.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> table = pd.DataFrame({"age": range(20, 80), "retired": ["no"] * 40 + ["yes"] * 20})
    >>> blurred = table.assign(age=["20-49"] * 30 + ["50-79"] * 30)
    >>> found = train_on_released(
    ...     table, blurred, "retired", estimator=DecisionTreeClassifier(max_depth=1), cv=3
    ... )
    >>> round(found.score, 2), round(found.raw_score, 2)
    (0.83, 0.98)
    """
    measure = ModelScore(
        target,
        scoring=scoring,
        estimator=estimator,
        features=features,
        person_id=person_id,
        cv=cv,
        random_state=random_state,
        hierarchies=hierarchies,
    )
    before, after = Table.of(original), Table.of(released)
    trial = _Trial(measure, before, after)
    scores, n_left_out = trial.scores(after)
    raw_scores, _ = trial.scores(before)
    return TrainOnReleased(
        float(scores.mean()), float(raw_scores.mean()), scores, raw_scores, n_left_out
    )


class _Trial:
    """The folds of one original, and what is tested in each."""

    def __init__(self, measure: ModelScore, before: Table, after: Table) -> None:
        owner = type(measure).__name__
        roles = {"target": [measure.target], "features": measure.features}
        before, after, found = read_pair(before, after, roles, owner=owner)
        require_aligned(before, after, owner=owner)
        self._before = before
        self._target = found["target"][0]
        self._person_id = find_column(before, measure.person_id, parameter="person_id", owner=owner)
        self._columns = found["features"]
        if measure.features is None:
            no_features = (self._target, self._person_id)
            self._columns = [
                name for name in before.columns if name in after and name not in no_features
            ]
        if not self._columns or self._target in self._columns:
            raise InputError(
                f"{owner}: features names the target, or there is no column to predict it from."
            )
        features = Features(before, self._columns, hierarchies=measure.hierarchies, owner=owner)
        self._encoder, self._numbers = features, features.encode(before)
        self._model = self._make_model(measure)
        self._scorer = check_scoring(self._model, scoring=measure.scoring)
        self._reader = reader_of(before, self._target) if not is_classifier(self._model) else None
        self._real = self._read_target(before)
        self._folds = self._split(measure)

    def scores(self, after: Table) -> tuple[np.ndarray, int]:
        """Score the models trained on a table, one per fold, and count the rows left out."""
        target = self._read_target(after)
        usable = ~is_null(target)
        if after is not self._before:
            usable &= ~suppressed_rows(self._before, after, self._columns, self._person_id)
        numbers = self._numbers if after is self._before else self._encoder.encode(after)
        known = ~is_null(self._real)
        scores = []
        for train, test in self._folds:
            train, test = train[usable[train]], test[known[test]]
            if not len(train) or not len(test):
                raise InputError(
                    f"ModelScore: a fold has {len(train)} released rows to train on and "
                    f"{len(test)} real rows to test on; it needs some of both."
                )
            model = clone(self._model).fit(numbers[train], self._plain(target[train]))
            scores.append(
                float(self._scorer(model, self._numbers[test], self._plain(self._real[test])))
            )
        return np.array(scores), int((known & ~usable).sum())

    def _make_model(self, measure: ModelScore) -> Any:
        if measure.estimator is not None:
            return measure.estimator
        values = factorize_column(self._before, self._target)[1]
        known = values[~is_null(values)]
        if is_ordered(values) and len(known) > _MAX_CLASSES:
            return HistGradientBoostingRegressor(random_state=measure.random_state)
        return HistGradientBoostingClassifier(random_state=measure.random_state)

    def _read_target(self, table: Table) -> np.ndarray:
        """Read what is to be predicted; null where it is null, or none of the original values."""
        codes, values = factorize_column(table, self._target)
        if isinstance(self._reader, OrderedReader):
            return self._reader.middles(values)[codes]
        original = factorize_column(self._before, self._target)[1]
        own = original[~is_null(original)].tolist()
        spelling = {str(value): value for value in own} | {value: value for value in own}
        read = np.empty(len(values), dtype=object)
        read[:] = [None if gone else spelling.get(value) for value, gone in _pairs(values)]
        return read[codes]

    def _plain(self, target: np.ndarray) -> np.ndarray:
        """Give an array of the values' own type: scikit-learn does not take objects as classes."""
        return np.array(target.tolist())

    def _split(self, measure: ModelScore) -> list[tuple[np.ndarray, np.ndarray]]:
        people, n_people = person_codes(self._before, self._person_id)
        if not isinstance(measure.cv, int | np.integer):
            given = measure.cv
            splitter = check_cv(given) if hasattr(given, "split") else check_cv(list(given))
            labels = factorize_column(self._before, self._target)[0]
            # Splitters that know no groups warn where they are given any.
            groups = None if self._person_id is None else people
            pairs: Iterable[Any] = splitter.split(self._numbers, labels, groups)
            return [(np.asarray(train), np.asarray(test)) for train, test in pairs]
        if not 2 <= measure.cv <= n_people:
            raise InputError(
                f"ModelScore: cv must be from 2 to the number of people, {n_people}; "
                f"got {measure.cv}."
            )
        rng = np.random.default_rng(measure.random_state)
        strata = np.zeros(n_people, dtype=np.int64)
        if self._reader is None:
            # The class of a person's first row: enough to have each class in every fold.
            codes = factorize_column(self._before, self._target)[0]
            strata[people[::-1]] = codes[::-1]
        order = np.lexsort((rng.permutation(n_people), strata))
        fold = np.empty(n_people, dtype=np.int64)
        fold[order] = np.arange(n_people) % measure.cv
        return [
            (np.flatnonzero(fold[people] != part), np.flatnonzero(fold[people] == part))
            for part in range(measure.cv)
        ]


def _pairs(values: Any) -> Any:
    return zip(values.tolist(), is_null(values).tolist(), strict=True)
