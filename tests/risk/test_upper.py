"""The upper limit of a mean risk: what moves it, and what does not."""

from __future__ import annotations

import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk


def test_of_several_releases_only_what_errs_in_each_is_corrected():
    """Counts alone: the limit stays. Expected people: it is that of a higher confidence."""
    people = pd.DataFrame({"age": [30, 30, 31, 31] * 5, "home": ["own", "rent"] * 10})
    counts = pd.DataFrame({"age": [30, 31], "n": [4000, 4000]})
    known = TablePopulation.from_frame(counts)
    for keys, moves in ((["age"], False), (["age", "home"], True)):
        alone = assess_risk(people, people, keys, population=known).upper
        compared = assess_risk(people, people, keys, population=known, n_compared=50).upper
        assert (compared > alone) == moves
        surest = assess_risk(people, people, keys, population=known, confidence=0.999).upper
        assert compared <= surest
    with pytest.raises(InputError, match="n_compared must be at least 1"):
        assess_risk(people, people, "age", n_compared=0.5)
