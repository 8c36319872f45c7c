"""One measurement in a process of its own: ``python -m benchmarks.measure '<JSON>'`` prints JSON.

Peak memory is the most that a process ever held (`ru_maxrss`), so that nothing may share one. It is
read right after the measured work; what the process held before (Python, libraries, the table) is
given beside it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.columns import ADULT_FEATURES, ADULT_KEYS, ADULT_TARGET
from benchmarks.data import adult, load
from benchmarks.metrics import SUPPRESSED, class_centres, classes_of_released, is_numeric, measure

# Column of peers' files: position of the person in the input. Who is missing was suppressed.
POSITION = "position"


def peak_megabytes() -> float:
    """Most memory this process has held so far (Linux counts kilobytes, macOS bytes)."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def merge(
    dataset: str,
    k: int,
    seed: int = 0,
    text: bool = False,
    parameters: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Time fit and transform of PersonaMerger, then measure what it released."""
    from personatwin_sk import PersonaMerger

    original = _read(dataset, seed, text)
    before = peak_megabytes()
    start = time.perf_counter()
    merger = PersonaMerger(list(original.columns), k, **(parameters or {})).fit(original)
    fitted = time.perf_counter()
    released = merger.transform(original)
    seconds = time.perf_counter() - start
    peak = peak_megabytes()
    kept = merger.apply(original) >= 0
    figures = measure(original, classes_of_released(released, kept), k)
    return {
        "seconds": seconds,
        "fit_seconds": fitted - start,
        "peak_mb": peak,
        "before_mb": before,
        "claimed_ncp": merger.information_loss_,
        **figures.as_dict(),
    }


def reference_mdav(dataset: str, k: int) -> dict[str, Any]:
    """Time the textbook MDAV on an all-numeric set."""
    from benchmarks.mdav import mdav

    original = load(dataset)
    before = peak_megabytes()
    start = time.perf_counter()
    labels = mdav(original.to_numpy(), k)
    seconds = time.perf_counter() - start
    peak = peak_megabytes()
    figures = measure(original, labels, k)
    return {"seconds": seconds, "peak_mb": peak, "before_mb": before, **figures.as_dict()}


def write_table(dataset: str, path: str, seed: int = 0) -> dict[str, Any]:
    """Write a dataset for a peer, which reads CSV; Adult with the target that some peers need."""
    people = (
        adult()[[*ADULT_KEYS, ADULT_TARGET]] if dataset == "adult" else load(dataset, seed=seed)
    )
    people.to_csv(path, index=False)
    return {}


def score(original: str, released: str, k: int) -> dict[str, Any]:
    """Measure a peer's file against the table that the peer was given."""
    table, labels, file = _read_release(original, released)
    keys = [name for name in file.columns if name != POSITION]
    return measure(table[keys], labels, k).as_dict()


def split(seed: int, train: str, test: str) -> dict[str, Any]:
    """Write 70 % of Adult to release and 30 % to test on; as many of each answer in both."""
    from sklearn.model_selection import train_test_split

    people = adult()[[*ADULT_FEATURES, ADULT_TARGET]]
    kept, held_out = train_test_split(
        people, test_size=0.3, random_state=seed, stratify=people[ADULT_TARGET]
    )
    kept.to_csv(train, index=False)
    held_out.to_csv(test, index=False)
    return {}


def train_on_merged(
    train: str, test: str, k: int, parameters: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Train on what PersonaMerger releases of the training people, test on the real others."""
    from personatwin_sk import PersonaMerger

    people = pd.read_csv(train)
    merger = PersonaMerger(ADULT_KEYS, k, **(parameters or {})).fit(people)
    return _accuracy(merger.transform(people)[merger.apply(people) >= 0], pd.read_csv(test))


def train_on_real(train: str, test: str) -> dict[str, Any]:
    """Train on the untouched training people: what no release need be better than."""
    return _accuracy(pd.read_csv(train), pd.read_csv(test))


def train_on_released(train: str, released: str, test: str) -> dict[str, Any]:
    """Train on a peer's release of the training people, test on the real others.

    Its own values are used where a model can read them; where numbers came as text ("19-33"),
    medians and most frequent values of its classes stand for them.
    """
    table, labels, file = _read_release(train, released)
    kept = labels >= 0
    people = table[kept].reset_index(drop=True)
    readable = all(is_numeric(file[name]) for name in ADULT_KEYS if is_numeric(table[name]))
    values = (
        file.sort_values(POSITION)[ADULT_KEYS].reset_index(drop=True)
        if readable
        else class_centres(table, labels, ADULT_KEYS)
    )
    return _accuracy(
        people.assign(**{name: values[name] for name in ADULT_KEYS}), pd.read_csv(test)
    )


def _read(dataset: str, seed: int, text: bool) -> pd.DataFrame:
    original = load(dataset, seed=seed)
    if text:
        original = original.apply(
            lambda column: column.astype(str) if column.dtype == "category" else column
        )
    return original


def _read_release(original: str, released: str) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Read both files; give the table, its people's class and the file that the peer wrote."""
    table, file = (
        pd.read_csv(original),
        pd.read_csv(released, keep_default_na=False, na_values=[""]),
    )
    keys = [name for name in file.columns if name != POSITION]
    positions = file[POSITION].to_numpy()
    if len(np.unique(positions)) != len(positions):
        raise ValueError(
            f"{len(positions)} released rows are of {len(np.unique(positions))} people"
        )
    labels = np.full(len(table), SUPPRESSED, dtype=np.int64)
    labels[positions] = classes_of_released(file[keys], np.ones(len(file), dtype=bool))
    return table, labels, file


def _accuracy(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, Any]:
    """Fit scikit-learn's HistGradientBoostingClassifier at its defaults; accuracy and AUC."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import accuracy_score, roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    categories = [name for name in ADULT_FEATURES if not is_numeric(test[name])]
    numbers = [name for name in ADULT_FEATURES if name not in categories]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    model = make_pipeline(
        make_column_transformer((encoder, categories), ("passthrough", numbers)),
        HistGradientBoostingClassifier(
            categorical_features=list(range(len(categories))), random_state=0
        ),
    )
    model.fit(train[ADULT_FEATURES], train[ADULT_TARGET])
    positive = model.classes_[1]
    chance = model.predict_proba(test[ADULT_FEATURES])[:, 1]
    is_positive = test[ADULT_TARGET] == positive
    return {
        "accuracy": accuracy_score(is_positive, chance > 0.5),
        "auc": roc_auc_score(is_positive, chance),
    }


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    job.__name__: job
    for job in (
        merge,
        reference_mdav,
        write_table,
        score,
        split,
        train_on_merged,
        train_on_real,
        train_on_released,
    )
}


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    print(json.dumps(JOBS[order.pop("job")](**order)))
