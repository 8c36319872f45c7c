"""What all noise steps share: ids that epsilon needs, and a bound on a person's events."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.noise import TemporalNoise
from personatwin_sk.noise._base import KeyedNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}
WINDOW = ("2020-01-01", "2020-12-31")


class Step(KeyedNoise):
    """Nothing but what is shared: null beyond the bound."""

    def __init__(
        self,
        columns=None,
        *,
        person_id=None,
        event_id=None,
        epsilon=None,
        max_events=None,
        random_state=None,
    ):
        self.columns = columns
        self.person_id = person_id
        self.event_id = event_id
        self.epsilon = epsilon
        self.max_events = max_events
        self.random_state = random_state

    def _fit(self, table):
        self._fit_roles(table, ["value"], "called 'value'")

    def _transform(self, table):
        columns = self._read_columns(table)
        excess = self._excess(self._row_keys(columns))
        return table.replace({"value": columns["value"].mask(excess)})


def make_events(n=500, n_people=60, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "person_id": rng.integers(0, n_people, n),
            "event_id": rng.permutation(n),
            "value": rng.random(n),
        }
    )


def release(step, frame):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return step.transform(frame)["value"].isna()


@pytest.mark.parametrize("bound", [1, 3, 8])
def test_no_person_has_more_events_than_the_bound_and_everybody_has_what_fits(bound):
    frame = make_events()
    step = Step(**IDS, max_events=bound, random_state=0).fit(frame)
    per_person = frame["person_id"].value_counts()
    n_excess = int((per_person - bound).clip(lower=0).sum())
    with pytest.warns(DataWarning, match=f"^{n_excess} of 500 rows are beyond the {bound} event"):
        released = step.transform(frame)
    left = released["value"].notna().groupby(frame["person_id"]).sum()
    assert (left == per_person.clip(upper=bound)[left.index]).all()


def test_which_events_stay_depends_on_key_and_ids_only():
    frame = make_events()
    step = Step(**IDS, max_events=3, random_state=0).fit(frame)
    gone = release(step, frame)
    other = frame.assign(value=-frame["value"])
    assert release(step, other).equals(gone)
    shuffled = frame.sample(frac=1, random_state=1)
    assert release(step, shuffled).equals(gone.loc[shuffled.index])
    chunk = frame[frame["person_id"] % 4 == 1]
    assert release(step, chunk).equals(gone.loc[chunk.index])
    another = Step(**IDS, max_events=3, random_state=1).fit(frame)
    assert not release(another, frame).equals(gone)


def test_every_event_of_a_person_is_equally_likely_to_stay():
    n_people, per_person = 6_000, 5
    frame = pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(n_people), per_person),
            "event_id": np.tile(np.arange(per_person), n_people),
            "value": 1.0,
        }
    )
    stays = ~release(Step(**IDS, max_events=2, random_state=0).fit(frame), frame)
    observed = stays.groupby(frame["event_id"]).sum()
    assert observed.sum() == 2 * n_people
    assert stats.chisquare(observed).pvalue > 1e-3


def test_rows_of_one_event_count_once():
    frame = pd.DataFrame({"person_id": 1, "event_id": [7, 7, 7, 8], "value": 1.0})
    step = Step(**IDS, max_events=2, random_state=0).fit(frame)
    assert not step.transform(frame)["value"].isna().any()  # and no warning
    gone = release(Step(**IDS, max_events=1, random_state=0).fit(frame), frame)
    assert gone.tolist() in ([True, True, True, False], [False, False, False, True])


def test_no_bound_and_bounds_that_nobody_reaches_change_nothing():
    frame = make_events()
    for bound in (None, 500):
        step = Step(**IDS, max_events=bound).fit(frame)
        pd.testing.assert_frame_equal(step.transform(frame), frame)


@pytest.mark.parametrize("parameter", ["epsilon", "max_events"])
@pytest.mark.parametrize("missing", ["person_id", "event_id"])
def test_what_rests_on_events_needs_both_ids(parameter, missing):
    ids = {name: column for name, column in IDS.items() if name != missing}
    step = Step(**ids, **{parameter: 1})
    with pytest.raises(InputError, match=f"the parameter {parameter} needs {missing}"):
        step.fit(make_events())


def test_with_epsilon_no_two_rows_are_one_event():
    frame = make_events()
    repeated = pd.concat([frame, frame.iloc[:3], frame.iloc[:1]], ignore_index=True)
    step = Step(**IDS, epsilon=1.0).fit(frame)
    step.transform(frame)
    with pytest.raises(InputError, match=r"^7 of 504 rows have the person") as caught:
        step.transform(repeated)
    assert "'person_id'" in str(caught.value) and "'event_id'" in str(caught.value)
    Step(**IDS).fit(repeated).transform(repeated)  # without epsilon nothing is promised


def test_null_event_ids_are_equal_ids():
    frame = pd.DataFrame({"person_id": [1, 1, 2], "event_id": [None, np.nan, None], "value": 0.5})
    with pytest.raises(InputError, match=r"^2 of 3 rows"):
        Step(**IDS, epsilon=1.0).fit(frame).transform(frame)
    distinct = frame.assign(event_id=[None, "x", None])
    Step(**IDS, epsilon=1.0).fit(distinct).transform(distinct)


def test_the_same_event_id_of_two_people_is_two_events():
    frame = pd.DataFrame({"person_id": [1, 2], "event_id": [5, 5], "value": 0.5})
    Step(**IDS, epsilon=1.0).fit(frame).transform(frame)


def test_dates_beyond_the_bound_have_no_say_in_the_others():
    # An event that is not released must not push the released ones either.
    rng = np.random.default_rng(0)
    n = 300
    dates = np.datetime64("2020-03-01") + rng.integers(0, 20, n).astype("timedelta64[D]")
    frame = pd.DataFrame(
        {"person_id": rng.integers(0, 10, n), "event_id": range(n), "date": pd.DatetimeIndex(dates)}
    )
    noise = TemporalNoise(**IDS, epsilon=0.2, window=WINDOW, max_events=6, random_state=0)
    with pytest.warns(DataWarning, match="240 of 300 rows are beyond the 6"):
        released = noise.fit_transform(frame)["date"]
    gone = released.isna()
    moved = frame.assign(date=frame["date"].where(~gone, pd.Timestamp("2020-11-11")))
    with pytest.warns(DataWarning, match="max_events"):
        pd.testing.assert_series_equal(noise.fit_transform(moved)["date"], released)


@pytest.mark.parametrize("precision", ["day", "year"])
def test_labels_beyond_the_bound_are_null_too(precision):
    frame = pd.DataFrame({"person_id": ["a"] * 3, "event_id": [1, 2, 3], "age": [30, 31, 32]})
    kinds: list[list] = [["2020-05-01"] * 3] if precision == "day" else [["2020"] * 3, [2020] * 3]
    for dates in kinds:
        noise = TemporalNoise(**IDS, precision=precision, max_events=1, ages="age", random_state=0)
        with pytest.warns(DataWarning, match=r"^2 of 3 rows"):
            released = noise.fit_transform(frame.assign(date=dates))
        assert released["date"].isna().sum() == released["age"].isna().sum() == 2
        assert (released["date"].isna() == released["age"].isna()).all()
        assert set(released["date"].dropna()) == {dates[0]}
        assert pd.api.types.is_integer_dtype(released["date"].dtype) == (dates[0] == 2020)
