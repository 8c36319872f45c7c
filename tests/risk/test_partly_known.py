"""Where the population knows some columns, low ends, or no parts of bands: small tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk


def town_of(counts, **options):
    return TablePopulation.from_frame(pd.DataFrame(counts), **options)


def one_class(f, job="x"):
    return pd.DataFrame({"age": [30] * f, "job": job})


def assess(frame, town, released=None, keys=("age", "job"), **options):
    after = frame if released is None else released
    return assess_risk(frame, after, list(keys), population=town, **options)


@pytest.mark.parametrize("n", [4, 3])
def test_where_the_file_holds_everybody_nothing_is_expected(n):
    report = assess(one_class(4), town_of({"age": [30], "n": [n]}))
    assert report.population_average_risk == pytest.approx(1 / 4)
    assert report.upper == pytest.approx(1 / 4)
    assert report.modelled_share == 0.0
    assert report.n_raised == int(n < 4)
    assert not report.census_decides


def test_others_with_the_known_traits_lie_between_the_known_part_and_the_file():
    report = assess(one_class(4), town_of({"age": [30], "n": [40]}))
    assert report.modelled_share == 1.0
    assert report.census_decides
    # 1/F is no less than where all 40 have the job, and no more than where the file's four do.
    assert 1 / 40 <= report.population_average_risk < 1 / 4
    assert report.population_average_risk <= report.upper <= 1 / 4


def test_the_low_end_of_the_known_part_moves_the_upper_limit():
    exact = assess(one_class(4), town_of({"age": [30], "n": [400]}))
    margins = {"age": [30], "n": [400], "margin": [390]}
    unsure = assess(one_class(4), town_of(margins, error="margin"))
    assert unsure.population_average_risk == pytest.approx(exact.population_average_risk)
    assert unsure.upper > exact.upper
    # Ten people are there for sure: six besides the file's.
    assert 1 / 10 < unsure.upper <= 1 / 4


def test_a_person_unknown_to_the_population_is_behind_nobody_but_the_file():
    frame = pd.DataFrame({"age": pd.Series([30] * 5 + [None] * 2, dtype=object), "job": "x"})
    report = assess(frame, town_of({"age": [30], "n": [500]}))
    assert report.individual_risks[5:] == pytest.approx([1 / 2, 1 / 2])
    assert (report.individual_risks[:5] < 1 / 5).all()
    assert report.n_unknown_to_population == 2
    assert report.modelled_share == pytest.approx(5 / 7)
    assert report.upper <= (5 / 5 + 2 / 2) / 7 + 1e-12


def test_where_the_population_comes_from_is_said_in_the_report():
    report = assess(one_class(3), town_of({"age": [30], "n": [90]}))
    whole = assess(one_class(3), town_of({"age": [30], "n": [90]}), keys=["age"])
    assert report.population_sources == whole.population_sources != ()


def test_people_of_the_file_in_other_classes_are_not_among_the_others():
    """Ten of age 30, five with each job: who is not in the file is 90, however they are split."""
    frame = pd.DataFrame({"age": [30] * 10, "job": ["x", "y"] * 5})
    everybody = assess(frame, town_of({"age": [30], "n": [10]}))
    assert everybody.individual_risks == pytest.approx(np.full(10, 1 / 5))
    assert everybody.modelled_share == 0.0
    more = assess(frame, town_of({"age": [30], "n": [100]}))
    # Half of the file has the job, so about half of the hundred.
    assert more.population_average_risk == pytest.approx(1 / 50, rel=0.2)


@pytest.mark.parametrize("keys", [("age",), ("age", "job")])
def test_overlapping_hulls_hold_people_of_other_classes(keys):
    """Ages 30-34 and 33-38 as labels: whoever is 33 or 34 is in both hulls."""
    frame = pd.DataFrame({"age": [30, 33, 34, 33, 34, 38], "job": "x"})
    released = frame.assign(age=["30-34"] * 3 + ["33-38"] * 3)
    counts = {"age": list(range(30, 39)), "n": [1, 0, 0, 2, 2, 0, 0, 0, 1]}
    # Nobody is there but the file.
    report = assess(frame, town_of(counts), released, keys)
    assert report.population_average_risk <= 1 / 3 + 1e-12
    assert report.modelled_share == 0.0 or len(keys) == 1


def test_a_table_of_bands_need_not_know_parts_of_them():
    """Bands are released as they are counted: what is within them is not asked for."""
    frame = pd.DataFrame({"age": ["30-39"] * 4 + ["40-49"] * 2, "job": list("xxyyxx")})
    town = town_of({"age": ["30-39", "40-49"], "n": [80, 20]})
    whole = assess(frame, town, keys=["age"])
    assert whole.individual_risks == pytest.approx([1 / 80] * 4 + [1 / 20] * 2)
    some = assess(frame, town)
    assert (some.individual_risks >= whole.individual_risks - 1e-12).all()
    assert (some.individual_risks <= 1 / 2 + 1e-12).all()


class AsksAlong:
    """Counts races as a census does: "White" has no Hispanics where "Hispanic" stands beside it."""

    columns = ("race", "age")
    counts = {"White": 60, "Black": 30, "Hispanic": 40}
    hispanic_whites = 25

    def __init__(self):
        self.alone = 0

    def count(self, frame):
        texts = [self._members(label) for label in frame["race"]]
        separate = any("Hispanic" in members for members in texts)
        self.alone += not separate
        rows = []
        for members, age in zip(texts, frame.get("age", pd.Series(30, frame.index)), strict=True):
            known = all(one in self.counts for one in members)
            n = sum(self.counts.get(one, 0) for one in members)
            if not separate and "White" in members:
                n += self.hispanic_whites
            missing = () if known else ("race",)
            rows.append((float(n), float(n), float(n), False, "by hand", str(age)[:0], missing))
        names = ["count", "low", "high", "modelled", "source", "level", "unmatched"]
        return pd.DataFrame(rows, columns=names, index=frame.index)

    @staticmethod
    def _members(label):
        if isinstance(label, frozenset | set | tuple | list):
            return [text for one in label for text in AsksAlong._members(one)]
        return str(label).split("|")


def test_what_white_means_is_asked_with_all_races_of_the_column():
    """Rows of whites alone are counted as whites beside Hispanics, in hulls and in slices."""
    frame = pd.DataFrame({"race": ["White"] * 3 + ["Black", "Hispanic", "Hispanic"]})
    released = frame.assign(
        race=["White|Black"] * 2 + ["White"] + ["White|Black"] + ["Hispanic"] * 2
    )
    town = AsksAlong()
    report = assess_risk(frame, released, "race", population=town)
    # Two of the three whites of the file are in the first class: so are 40 of the 60 there are,
    # beside 30 who are black. (A slice of it says 3 * 30 / 1 or 3 * 60 / 2, which is more.)
    assert report.individual_risks[[0, 1, 3]] == pytest.approx([1 / 70] * 3)
    # The other 20 stand behind "White". With the Hispanic whites there would be more of both.
    assert report.individual_risks[2] == pytest.approx(1 / 20)
    assert report.individual_risks[4:] == pytest.approx([1 / 40, 1 / 40])
    assert town.alone == 0
