"""Figures from the Bureau's API: the survey with its errors, the census of 2020, and the key."""

from __future__ import annotations

import pickle

import census_tables as tables
import numpy as np
import pandas as pd
import pytest
from fake_bureau import KEY
from published_figures import (
    ASKED,
    PLACES,
    SEVEN,
    publish_survey,
)

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.population import CensusPopulation


def test_the_survey_with_its_errors(bureau):
    found, margins = publish_survey(bureau)
    population = CensusPopulation(source="api", api_key=KEY)
    answer = population.count(
        pd.DataFrame(
            {
                "age": ["25-34", "25-34", "0-4", "33"],
                "gender": ["F", "F", "M", None],
                "ethnicity": ["Black", None, "Hispanic", None],
                "geography": PLACES,
            }
        ),
        hispanic_separate=False,
    )
    black, everybody, hispanic = found["B01001B"], found["B01001"], found["B01001I"]
    assert answer["count"][:3].tolist() == [
        black[0, 6:8, 1].sum(),
        everybody[1, 8:10, 1].sum(),
        hispanic[2, 0, 0],
    ]
    errors = [
        np.sqrt((margins["B01001"][1, 8:10, 1] ** 2).sum()),
        margins["B01001I"][2, 0, 0],
    ]
    assert (answer["high"] - answer["count"])[1:3].tolist() == pytest.approx(errors, rel=0.01)
    assert answer["low"][1] == pytest.approx(max(everybody[1, 8:10, 1].sum() - errors[0], 0))
    assert answer["modelled"].tolist() == [False, False, False, True]
    assert answer["source"].str.contains("acs/acs5").all()
    assert answer["source"].str.contains("2020-2024").all()


def test_the_census_of_2020(bureau):
    counts = tables.broaden(SEVEN, tables.STARTS_23)
    bureau.publish_census(tables.COUNTIES, counts)
    population = CensusPopulation(source="api", vintage=2020, api_key=KEY)
    answer = population.count(
        pd.DataFrame(
            {
                "age": ["60-61", "15-17", None],
                "ethnicity": ["Asian", "Hispanic", None],
                "geography": PLACES[:3],
            }
        )
    )
    assert answer["count"].tolist() == [
        SEVEN[0, 60:62, :, 3, 0].sum(),
        SEVEN[1, 15:18, ..., 1].sum(),
        SEVEN[2].sum(),
    ]
    assert not answer["modelled"].any() and answer["source"].str.contains("dec/dhc").all()


def test_auto_turns_to_the_api_where_there_is_a_key(bureau, monkeypatch):
    publish_survey(bureau)
    with pytest.warns(DataWarning):
        assert CensusPopulation().count(ASKED)["source"].str.contains("bundled").all()
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    answer = CensusPopulation().count(ASKED)
    assert answer["source"].str.contains("acs/acs5").all()


@pytest.mark.parametrize("key", [None, "wrong-key-of-forty-characters-0123456789"])
def test_keys_that_are_missing_or_refused(bureau, key):
    publish_survey(bureau)
    with pytest.raises(InputError, match="key") as error:
        CensusPopulation(source="api", api_key=key).count(ASKED)
    assert key is None or key not in str(error.value)


def test_the_key_is_shown_nowhere(bureau):
    publish_survey(bureau)
    population = CensusPopulation(source="api", api_key=KEY)
    answer = population.count(ASKED)
    shown = [repr(population), repr(vars(population)), str(population.provenance)]
    shown += [answer.to_string(), str(answer.attrs), str(population.remarks)]
    shown += [population.cached().to_string()]
    assert KEY not in "".join(shown)
    assert KEY.encode() not in pickle.dumps(population)
    other = pickle.loads(pickle.dumps(population))
    pd.testing.assert_frame_equal(other.count(ASKED), answer)
