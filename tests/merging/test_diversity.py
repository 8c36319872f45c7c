"""How demands of diversity and closeness are written: what is read, what is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.merging._constraints import SensitiveConstraints


@pytest.mark.parametrize(
    ("spec", "read"),
    [
        (2, ("distinct", 2)),
        (np.int64(3), ("distinct", 3)),
        (3.0, ("distinct", 3)),
        (("distinct", 4), ("distinct", 4)),
        (["entropy", 2.5], ("entropy", 2.5)),
        (("recursive", 3.0, 2), ("recursive", 3.0, 2)),
    ],
)
def test_demands_of_diversity_are_read(spec: Any, read: tuple[Any, ...]) -> None:
    assert SensitiveConstraints.parse_l_diversity(spec) == read


@pytest.mark.parametrize(
    "spec",
    [
        0,
        -1,
        2.5,
        True,
        "2",
        "entropy",
        None,
        float("nan"),
        float("inf"),
        (),
        ("entropy",),
        ("entropy", 0.5),
        ("entropy", "2"),
        ("entropy", True),
        ("entropy", float("nan")),
        ("recursive", 3),
        ("recursive", 0, 2),
        ("recursive", 3, 1.5),
        ("recursive", 3, 0),
        ("recursive", 3, 2, 1),
        ("simple", 2),
        (2,),
        {"entropy": 2},
        np.array([1, 2]),
    ],
)
def test_other_demands_of_diversity_are_refused_by_name(spec: Any) -> None:
    with pytest.raises(InputError, match="l_diversity must be"):
        SensitiveConstraints.parse_l_diversity(spec)


@pytest.mark.parametrize("spec", [0, -0.1, 1.01, True, "0.2", float("nan"), (0.2,)])
def test_other_demands_of_closeness_are_refused_by_name(spec: Any) -> None:
    with pytest.raises(InputError, match="t_closeness must be"):
        SensitiveConstraints.parse_t_closeness(spec)
