"""The upper limit of a mean risk: what moves it, and what does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

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


class Counted:
    """A population of classes, with low ends and how alike they err."""

    columns = ("class",)

    def __init__(self, people, low, shared) -> None:
        self._people, self._low, self._shared = np.array(people), np.array(low), shared

    def count(self, frame):
        asked = [sorted(v) if isinstance(v, frozenset | set) else [v] for v in frame["class"]]
        answer = pd.DataFrame(
            {
                "count": [float(self._people[one].sum()) for one in asked],
                "low": [float(self._low[one].sum()) for one in asked],
                "high": [float(self._people[one].sum()) for one in asked],
                "modelled": True,
                "source": "made up",
                "level": "all",
                "unmatched": [()] * len(asked),
            },
            index=frame.index,
        )
        if self._shared is not None:
            answer.attrs["shared_error"] = self._shared
        return answer


def limit(people, low, shared, in_file, **settings) -> float:
    table = pd.DataFrame({"class": np.repeat(np.arange(len(people)), in_file)})
    population = Counted(people, low, shared)
    return assess_risk(table, table, "class", population=population, **settings).upper


PEOPLE, LOW = np.array([40.0, 90.0, 300.0, 65.0] * 10), np.array([15.0, 45.0, 210.0, 30.0] * 10)
IN_FILE = np.array([3, 7, 20, 5] * 10)


def all_low() -> float:
    """What is true if every count is at its low end."""
    return float((IN_FILE / np.maximum(LOW, IN_FILE)).sum() / IN_FILE.sum())


def test_a_population_that_is_silent_may_err_all_to_one_side():
    assert limit(PEOPLE, LOW, None, IN_FILE) == pytest.approx(all_low())
    assert limit(PEOPLE, LOW, 1.0, IN_FILE) == pytest.approx(all_low())


@pytest.mark.parametrize("shared", [0.0, 0.2, 0.6])
def test_the_limit_holds_for_counts_that_err_partly_alike(shared):
    """Worlds drawn from what the limit supposes: 1 in 20 or fewer beat it, and not for its width.

    That counts may be too low as well as too high is in these worlds, and not in the limit.
    """
    found = limit(PEOPLE, LOW, shared, IN_FILE)
    rng = np.random.default_rng(0)
    sigma = np.log(PEOPLE / LOW) / 1.6448536269514722
    together, alone = rng.normal(size=(4000, 1)), rng.normal(size=(4000, len(PEOPLE)))
    error = np.sqrt(shared) * together + np.sqrt(1 - shared) * alone
    people = np.maximum(PEOPLE * np.exp(sigma * error), IN_FILE)
    truth = (IN_FILE / people).sum(axis=1) / IN_FILE.sum()
    assert (truth > found).mean() <= 0.05
    assert float((IN_FILE / PEOPLE).sum() / IN_FILE.sum()) < found < all_low()
    assert found < 1.25 * np.quantile(truth, 0.95)


def test_what_errs_alike_widens_the_limit():
    limits = [limit(PEOPLE, LOW, shared, IN_FILE) for shared in (0.0, 0.1, 0.3, 0.7, 1.0)]
    assert limits == sorted(limits) and limits[0] < limits[-1]


def test_of_one_class_the_limit_is_its_low_end():
    """Where there is nothing to average, nothing is gained."""
    assert limit([40.0], [15.0], 0.0, [5]) == pytest.approx(1 / 15)


def test_exact_counts_have_no_limit_but_themselves():
    exact = float((IN_FILE / PEOPLE).sum() / IN_FILE.sum())
    assert limit(PEOPLE, PEOPLE, 0.0, IN_FILE) == pytest.approx(exact)


def test_a_low_end_of_nobody_is_a_class_of_its_people_in_the_file():
    """1/F cannot be more than 1/f, whatever a count is off by."""
    nobody = np.zeros(len(PEOPLE))
    found = limit(PEOPLE, nobody, 0.2, IN_FILE)
    assert found <= len(PEOPLE) / IN_FILE.sum() + 1e-12
    assert found > limit(PEOPLE, LOW, 0.2, IN_FILE)


def test_of_many_releases_the_shared_error_is_not_corrected_but_the_rest_is():
    """What all counts err together is the same in every release; what each errs is not."""
    alone = limit(PEOPLE, LOW, 0.2, IN_FILE)
    compared = limit(PEOPLE, LOW, 0.2, IN_FILE, n_compared=100)
    assert alone < compared < limit(PEOPLE, LOW, 0.2, IN_FILE, confidence=0.9995)
    together = [limit(PEOPLE, LOW, 1.0, IN_FILE, n_compared=n) for n in (1, 100)]
    assert together[0] == together[1]


def test_the_limit_of_a_sum_of_skewed_errors_is_fenton_s():
    """Two classes of 10,000, each wrong by a factor of e: closed forms of truncated lognormals."""
    people, sigma = 10_000.0, 1.0
    low = people * np.exp(-1.6448536269514722 * sigma)
    found = limit([people] * 2, [low] * 2, 0.0, [5, 5])
    mean = (0.5 + np.exp(sigma**2 / 2) * norm.cdf(sigma)) / people
    variance = np.exp(sigma**2) * (np.exp(sigma**2) - 1) / people**2 / 2
    spread = np.sqrt(np.log1p(variance / mean**2))
    expected = mean * np.exp(1.6448536269514722 * spread - spread**2 / 2)
    assert found == pytest.approx(expected, rel=0.02)
    assert found < 1 / low < mean * np.exp(1.6448536269514722 * spread)


def test_a_lower_low_end_is_a_higher_limit_down_to_nearly_nobody():
    limits = [limit(PEOPLE, np.full(len(PEOPLE), low), 0.2, IN_FILE) for low in (4.0, 1.0, 0.1)]
    assert limits == sorted(limits) and limits[0] < 0.98 * limits[1] < limits[2]


# The person most at risk


def report_of(people, low, shared, in_file, **settings):
    table = pd.DataFrame({"class": np.repeat(np.arange(len(people)), in_file)})
    return assess_risk(table, table, "class", population=Counted(people, low, shared), **settings)


def test_the_largest_risk_has_the_limit_of_all_classes_at_once():
    # 40 classes: each low end, which is that at 1 in 20, is moved out to 1 in 800.
    report = report_of(PEOPLE, LOW, 0.3, IN_FILE)
    moved = PEOPLE * (LOW / PEOPLE) ** (norm.ppf(1 - 0.05 / 40) / norm.ppf(0.95))
    assert report.max_upper == pytest.approx((1 / np.maximum(moved, IN_FILE)).max())
    assert report.max_risk < report.max_upper <= report.prosecutor.max == 1 / 3
    surer = report_of(PEOPLE, LOW, 0.3, IN_FILE, n_compared=10)
    assert report.max_upper < surer.max_upper <= 1 / 3
    assert surer.max_upper == pytest.approx(
        report_of(PEOPLE, LOW, 0.3, IN_FILE, confidence=0.995).max_upper
    )


def test_exact_counts_have_the_largest_risk_itself():
    exact = report_of(PEOPLE, PEOPLE, 1.0, IN_FILE)
    assert exact.max_upper == exact.max_risk == 1 / 40
    for attacker in ("prosecutor", "marketer"):
        report = report_of(PEOPLE, PEOPLE, 1.0, IN_FILE, attacker=attacker)
        assert report.max_upper == report.max_risk


def test_a_low_end_of_nobody_leaves_the_people_of_the_file():
    report = report_of(PEOPLE, 0 * LOW, 0.5, IN_FILE)
    assert report.max_upper == report.prosecutor.max == 1 / 3


def test_what_is_expected_of_a_class_is_no_limit_of_its_largest_risk():
    people = pd.DataFrame({"age": [30, 30, 31, 31] * 5, "home": ["own", "rent"] * 10})
    counts = pd.DataFrame({"age": [30, 31], "n": [4000, 4000]})
    known = TablePopulation.from_frame(counts)
    report = assess_risk(people, people, ["age", "home"], population=known)
    assert report.max_risk < report.max_upper == report.prosecutor.max == 1 / 5
    assert report.to_dict()["max_upper"] == 1 / 5


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_the_largest_risk_is_above_its_limit_at_most_1_time_in_20(shared):
    rng = np.random.default_rng(11)
    sigma = np.log(PEOPLE / LOW) / norm.ppf(0.95)
    alike = rng.standard_normal((4000, 1)) * np.sqrt(shared)
    alone = rng.standard_normal((4000, 40)) * np.sqrt(1 - shared)
    true = np.maximum(PEOPLE * np.exp(sigma * (alike + alone)), IN_FILE)
    above = (1 / true).max(axis=1) > report_of(PEOPLE, LOW, shared, IN_FILE).max_upper * (1 + 1e-9)
    assert above.mean() <= 0.05


@pytest.mark.parametrize("in_file", [[6], [300, 3, 3, 3], [11, 23], [20, 20, 20]])
@pytest.mark.parametrize("deviation", [0.5, 1.0, 2.0])
def test_where_few_classes_hold_nearly_everybody_one_count_alone_may_be_that_wrong(
    in_file, deviation
):
    """Brute force: the log errors of counts drawn independently of each other."""
    in_file = np.array(in_file)
    people = in_file * 40.0
    low = people * np.exp(-deviation * norm.ppf(0.95))
    found = limit(people, low, 0.0, in_file)
    rng = np.random.default_rng(0)
    true = people * np.exp(deviation * rng.standard_normal((50_000, len(people))))
    mean = (in_file / np.maximum(true, in_file)).sum(axis=1) / in_file.sum()
    assert np.mean(mean > found) <= 0.056
