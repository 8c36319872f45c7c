"""ai-privacy-toolkit: `Anonymize`, guided by a decision tree's predictions, as its notebooks do.

Its modules import torch, which the anonymiser never calls: an empty stand-in takes the place of
half a gigabyte.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from _peer import POSITION, Stopwatch, arguments, read, report


def _import_without_torch() -> tuple[Callable[..., Any], Callable[..., Any]]:
    import art.utils  # noqa: F401 - it looks for torch itself, and must not find the stand-in

    names = ("torch", "torch.utils", "torch.utils.data")
    torch, utils, data = modules = [types.ModuleType(name) for name in names]
    torch.Tensor = type("Tensor", (), {})
    data.DataLoader = data.TensorDataset = type("Unused", (), {})
    torch.utils, utils.data = utils, data
    sys.modules.update(zip(names, modules, strict=True))
    from apt.anonymization import Anonymize
    from apt.utils.datasets import ArrayDataset

    for name in names:
        del sys.modules[name]
    return Anonymize, ArrayDataset


def main() -> None:
    Anonymize, ArrayDataset = _import_without_torch()
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder
    from sklearn.tree import DecisionTreeClassifier

    options = arguments()
    table = read(options.input)
    features = table[options.keys]
    is_text = [name for name in features if features[name].dtype == object]
    encoder = ColumnTransformer(
        [("text", OneHotEncoder(), is_text)], remainder="passthrough", sparse_threshold=0
    )
    with Stopwatch() as watch:
        encoded = encoder.fit_transform(features)
        guide = DecisionTreeClassifier().fit(encoded, table[options.target]).predict(encoded)
        anonymizer = Anonymize(options.k, options.keys, categorical_features=is_text)
        released = anonymizer.anonymize(ArrayDataset(features, guide, options.keys))
    released = released.infer_objects()
    released.insert(0, POSITION, range(len(released)))
    released.to_csv(options.output, index=False)
    report("ai-privacy-toolkit", watch)


if __name__ == "__main__":
    main()
