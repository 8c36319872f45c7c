"""l-diversity and t-closeness, against counting by hand and against pycanon where it is right."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycanon import anonymity

from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.risk._sensitive import measure_diversity

ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),  # person
        st.sampled_from(["a", "b", None]),
        st.sampled_from([1.0, 2.0, 5.0, 7.0, None]),
    ),
    min_size=1,
    max_size=25,
)


def by_hand(rows, *, by_person):
    """Distributions of classes and of all, values in order with null last."""
    triples = {(p, k, v) for p, k, v in rows} if by_person else [tuple(row) for row in rows]
    classes = defaultdict(Counter)
    for _, key, value in triples:
        classes[key][value] += 1
    order = sorted({v for *_, v in triples}, key=lambda v: (v is None, v or 0))
    shares = [[counts[v] / sum(counts.values()) for v in order] for counts in classes.values()]
    whole = Counter(v for *_, v in triples)
    overall = [whole[v] / sum(whole.values()) for v in order]
    return list(classes.values()), shares, overall


def frame_of(rows):
    return pd.DataFrame(
        {
            "who": [row[0] for row in rows],
            "key": pd.Series([row[1] for row in rows], dtype=object),
            "value": pd.Series([row[2] for row in rows], dtype=float),
        }
    )


@given(ROWS, st.booleans())
@settings(deadline=None)
def test_everything_is_what_counting_by_hand_finds(rows, by_person):
    found = measure_diversity(
        frame_of(rows), "key", "value", person_id="who" if by_person else None
    )
    classes, shares, overall = by_hand(rows, by_person=by_person)
    assert (found.n_classes, found.n_values) == (len(classes), len(overall))
    assert found.distinct_l == min(len(counts) for counts in classes)
    entropies = [-sum(p * math.log(p) for p in share if p) for share in shares]
    assert found.entropy_l == pytest.approx(math.exp(min(entropies)))
    assert found.top_share == pytest.approx(max(max(share) for share in shares))
    equal = max(
        sum(abs(p - q) for p, q in zip(share, overall, strict=True)) / 2 for share in shares
    )
    assert found.t_equal == pytest.approx(equal, abs=1e-12)
    m = len(overall)
    ordered = max(
        sum(abs(sum(share[: i + 1]) - sum(overall[: i + 1])) for i in range(m)) / max(m - 1, 1)
        for share in shares
    )
    assert found.t_ordered == pytest.approx(ordered if m > 1 else 0.0, abs=1e-12)
    for l_value in (1, 2, 3):
        cs = []
        for counts in classes:
            ranked = sorted(counts.values(), reverse=True)
            rest = sum(ranked[l_value - 1 :])
            cs.append(ranked[0] / rest if rest else math.inf)
        assert found.recursive_c(l_value) == pytest.approx(max(cs))


@given(ROWS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_the_order_of_rows_has_no_say(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    found = [
        measure_diversity(frame_of(some), ["key"], "value", person_id="who")
        for some in (rows, shuffled)
    ]
    assert found[0].t_ordered == pytest.approx(found[1].t_ordered, abs=1e-12)
    assert found[0].entropy_l == pytest.approx(found[1].entropy_l)
    assert found[0].recursive_c(2) == found[1].recursive_c(2)


@pytest.mark.parametrize("seed", range(3))
def test_pycanon_finds_the_same(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.choice(["30-39", "40-49"], 200),
            "sex": rng.choice(["F", "M"], 200),
            "code": rng.choice(["x", "y", "z", "w"], 200, p=[0.5, 0.3, 0.1, 0.1]),
            "wage": rng.choice([10, 20, 30, 40, 50], 200),
        }
    )
    keys = ["age", "sex"]
    named, ordered = (measure_diversity(frame, keys, name) for name in ("code", "wage"))
    assert named.distinct_l == anonymity.l_diversity(frame, keys, ["code"])
    assert math.floor(named.entropy_l) == anonymity.entropy_l_diversity(frame, keys, ["code"])
    assert named.t_ordered is None
    assert named.t_equal == pytest.approx(anonymity.t_closeness(frame, keys, ["code"]))
    assert ordered.t_ordered == pytest.approx(anonymity.t_closeness(frame, keys, ["wage"]))


def test_published_example_of_the_earth_movers_distance():
    """Li et al. 2007: salaries of 3..11 thousand; {3,4,5} is .375 away, {6,8,11} .167."""
    wages = [3, 4, 5, 6, 11, 8, 7, 9, 10]
    frame = pd.DataFrame({"class": ["first"] * 3 + ["second"] * 3 + ["third"] * 3, "wage": wages})
    assert measure_diversity(frame, "class", "wage").t_ordered == pytest.approx(0.375)
    second = frame.assign(**{"class": ["other"] * 3 + ["second"] * 3 + ["other"] * 3})
    assert measure_diversity(second, "class", "wage").t_ordered == pytest.approx(1 / 6, abs=1e-3)


def test_people_are_counted_by_the_original_column_and_the_suppressed_left_out():
    out = pd.DataFrame({"persona": [0, 0, 0, 0], "age": ["30"] * 4, "code": list("xxyz")})
    who = np.array(["a", "a", "b", None], dtype=object)
    found = measure_diversity(out, "age", "code", person_id=who)
    assert (found.distinct_l, found.top_share) == (2, 0.5)
    assert measure_diversity(out, "age", "code", person_id="persona").top_share == 1 / 3


def test_nobody_released():
    out = pd.DataFrame({"age": ["30"], "code": ["x"]})
    found = measure_diversity(out, "age", "code", person_id=[None])
    assert (found.n_classes, found.distinct_l, found.recursive_c(2)) == (0, 0, 0.0)


def test_the_repr_has_no_counts_of_classes():
    out = pd.DataFrame({"age": ["30"], "code": ["canary"]})
    text = repr(measure_diversity(out, "age", "code"))
    assert "canary" not in text
    assert "_counts" not in text


@pytest.mark.parametrize(
    ("keys", "sensitive", "person", "error", "words"),
    [
        ([], "code", None, InputError, "at least one quasi-identifier"),
        (["age"], None, None, InputError, "sensitive column"),
        (["age", "code"], "code", None, InputError, "must not be a quasi"),
        (["age"], "nothing", None, ColumnNotFoundError, "nothing"),
        (["age"], "code", "nobody", ColumnNotFoundError, "nobody"),
        (["age"], "code", ["a", "b"], InputError, "2 values .* 1 rows"),
    ],
)
def test_what_is_refused(keys, sensitive, person, error, words):
    out = pd.DataFrame({"age": ["30"], "code": ["x"]})
    with pytest.raises(error, match=words):
        measure_diversity(out, keys, sensitive, person_id=person)


def test_a_rank_below_one_is_refused():
    found = measure_diversity(pd.DataFrame({"age": [1], "code": ["x"]}), "age", "code")
    with pytest.raises(InputError, match="l_value"):
        found.recursive_c(0)
