"""F, against an oracle that goes through people and population one by one."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.risk import assess_risk

GENDERS = ["M", "F", "Male", "X", None]
GLOBAL_AGES = {age: f"{age // 5 * 5}-{age // 5 * 5 + 4}" for age in range(28, 42)}
LABELS = ["25-29", "30-34", "30-39", "35-44", "33", None]
POPULATION = st.lists(
    st.fixed_dictionaries({"age": st.integers(28, 42), "gender": st.sampled_from(["M", "F"])}),
    min_size=1,
    max_size=40,
)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 6),  # person
        st.one_of(st.integers(28, 41), st.none()),  # age
        st.sampled_from(GENDERS),
        st.sampled_from(LABELS),  # an age label for local recodings
        st.sampled_from([True, True, True, True, False]),  # released
    ),
    min_size=1,
    max_size=16,
)


def tables_of(rows, recode):
    original = pd.DataFrame(
        {
            "who": [row[0] for row in rows],
            "age": pd.Series([row[1] for row in rows], dtype=object),
            "gender": pd.Series([row[2] for row in rows], dtype=object),
        }
    )
    ages = {
        "as it is": original["age"].tolist(),
        "global": [GLOBAL_AGES.get(row[1]) for row in rows],
        "local": [row[3] for row in rows],
    }[recode]
    released = original.assign(
        age=pd.Series(ages, dtype=object),
        who=pd.Series([1.0 if row[4] else np.nan for row in rows], dtype=float),
    )
    return original, released


def same(a, b):
    return (a is None and b is None) or a == b


def counted_as(original, released, shown, values_of):
    """What is counted for each row of a column: the label where the recoding is global."""
    label_of = defaultdict(set)
    for value, label, is_shown in zip(original, released, shown, strict=True):
        if is_shown:
            label_of[value].add(label)
    covers = {}
    for value, labels in label_of.items():
        if len(labels) > 1:
            return list(original)
        label = next(iter(labels))
        if label is None or value is None:
            if not same(label, value):
                return list(original)
            continue
        if not (same(value, label) or values_of(value) <= values_of(label)):
            return list(original)
        # Two spellings of one value are one value; the same label twice is one label.
        covers[str(label)] = values_of(label)
    total = sum(len(cover) for cover in covers.values())
    spellings = {frozenset(cover) for cover in covers.values()}
    if len(set().union(*covers.values())) < total and len(spellings) == len(covers):
        return list(original)
    result = []
    for value in original:
        if value is None or "X" in values_of(value):
            result.append(value)
        elif value in label_of:
            result.append(next(iter(label_of[value])))
        else:  # suppressed wherever it stands: it would have got the label that covers it
            fitting = [label for label, cover in covers.items() if values_of(value) <= cover]
            result.append(fitting[0] if fitting else value)
    return result


def lies_in(person, cell):
    """Whether somebody of the population is in a cell or a hull; nobody is in an unknown one."""
    parts = zip(("age", "gender"), cell, strict=True)
    return all(part is not None and "X" not in part and person[key] in part for key, part in parts)


def hull_of(class_, in_class, values_of):
    """What the labels of a class cover, or else what its values span; None without known ones."""
    cells = [cell for c, cell in in_class if c == class_]
    cells = [c for c in cells if not any(part is None or "X" in part for part in c)]
    if not cells:
        return None
    hull = []
    for position, label in enumerate(class_):
        held = set().union(*(cell[position] for cell in cells))
        covered = values_of(label)
        if covered is not None and "X" not in covered and held <= covered:
            hull.append(covered)
        else:
            hull.append(set(range(min(held), max(held) + 1)) if position == 0 else held)
    return hull


def by_hand(original, released, people, values_of, low=1.0):
    """F, f and unknown of each (person, class), by going through all rows and all people."""
    shown = released["who"].notna().tolist()
    who = original["who"].tolist()
    keys = ("age", "gender")
    columns = {
        key: counted_as(original[key].tolist(), released[key].tolist(), shown, values_of)
        for key in keys
    }

    def cell_of(row):
        return tuple(
            None if columns[key][row] is None else frozenset(values_of(columns[key][row]))
            for key in keys
        )

    classes = defaultdict(set)
    in_class = defaultdict(set)
    in_file = defaultdict(set)
    unknown = set()
    for row, person in enumerate(who):
        cell = cell_of(row)
        in_file[cell].add(person)
        if shown[row]:
            class_ = tuple(released[key].tolist()[row] for key in keys)
            classes[class_].add(person)
            in_class[class_, cell].add(person)
            if any(part is None or "X" in part for part in cell):
                unknown.add((person, class_))
    result = {}
    n_raised = 0
    suppressed = [cell_of(row) for row in range(len(who)) if not shown[row]]
    hulls = {class_: hull_of(class_, in_class, values_of) for class_ in classes}
    for class_, members in classes.items():
        total = alone = 0.0
        for p in people:
            fits = [c for c, hull in hulls.items() if hull and lies_in(p, hull)]
            held = [c for c in in_file if lies_in(p, c)]
            if fits == [class_] and not any(lies_in(p, cell) for cell in suppressed):
                alone += low
            elif held and (class_, held[0]) in in_class:
                alone += low * len(in_class[class_, held[0]]) / len(in_file[held[0]])
        for cell in {cell for c, cell in in_class if c == class_}:
            here = len(in_class[class_, cell])
            if any(part is None or "X" in part for part in cell):
                total += here
                alone += here
            else:
                n = sum(p["age"] in cell[0] and p["gender"] in cell[1] for p in people)
                total += n * low * here / len(in_file[cell])
        total = max(total, alone)
        n_raised += total < len(members) - 1e-9
        for person in members:
            f = len(members)
            result[person, class_] = f if (person, class_) in unknown else max(total, f)
    return result, classes, unknown, n_raised


@pytest.mark.parametrize("recode", ["as it is", "global", "local"])
@given(rows=ROWS, people=POPULATION)
@settings(deadline=None, max_examples=60)
def test_f_is_what_counting_by_hand_finds(toy, read_label, recode, rows, people):
    original, released = tables_of(rows, recode)
    report = assess_risk(
        original,
        released,
        ["age", "gender"],
        person_id="who",
        population=toy(people, low=0.5),
    )
    behind, classes, unknown, n_raised = by_hand(original, released, people, read_label)
    low, *_ = by_hand(original, released, people, read_label, low=0.5)
    shown = released["who"].notna().tolist()
    risk_of, upper_of = defaultdict(float), defaultdict(float)
    for (person, class_), number in behind.items():
        risk_of[person] = max(risk_of[person], 1 / number)
        upper_of[person] = max(upper_of[person], 1 / low[person, class_])
    for row, person in enumerate(original["who"]):
        if shown[row]:
            assert report.individual_risks[row] == pytest.approx(risk_of[person])
        else:
            assert np.isnan(report.individual_risks[row])
    n = len(risk_of)
    assert report.n_people == n
    assert report.n_suppressed == original["who"].nunique() - n
    assert report.n_raised == n_raised
    assert report.n_unknown_to_population == len({person for person, _ in unknown})
    if n:
        assert report.journalist.mean == pytest.approx(sum(risk_of.values()) / n)
        assert report.journalist.max == pytest.approx(max(risk_of.values()))
        assert report.upper == pytest.approx(sum(upper_of.values()) / n)
        records = [1 / number for number in behind.values()]
        assert report.marketer.mean == pytest.approx(sum(records) / len(records))
        in_file = [1 / len(classes[class_]) for _, class_ in behind]
        assert report.journalist.max <= max(in_file) + 1e-12
        assert report.journalist.mean <= report.prosecutor.mean + 1e-12 <= 1 + 2e-12
        assert report.upper >= report.population_average_risk - 1e-12


KNOWN_ROWS = st.lists(
    st.tuples(st.integers(28, 41), st.sampled_from(["M", "F"])), min_size=1, max_size=20
)


@given(rows=KNOWN_ROWS, people=POPULATION)
@settings(deadline=None)
def test_coarsening_by_a_global_recoding_never_raises_the_risk(toy, rows, people):
    """From values to five years, to all ages; then both sexes."""
    original = pd.DataFrame(rows, columns=["age", "gender"])
    steps = [
        original,
        original.assign(age=original["age"].map(GLOBAL_AGES)),
        original.assign(age="25-44"),
        original.assign(age="25-44", gender="F|M"),
    ]
    before = None
    for released in steps:
        report = assess_risk(original, released, ["age", "gender"], population=toy(people))
        if before is not None:
            assert (report.individual_risks <= before + 1e-12).all()
        before = report.individual_risks
    dropped = assess_risk(original, steps[1], ["age"], population=toy(people))
    finer = assess_risk(original, steps[1], ["age", "gender"], population=toy(people))
    assert (dropped.individual_risks <= finer.individual_risks + 1e-12).all()


@given(rows=KNOWN_ROWS, people=POPULATION, cut=st.integers(0, 20))
@settings(deadline=None)
def test_merging_classes_never_raises_the_risk(toy, rows, people, cut):
    """Classes by lot, so that nothing is global; then all in one class that covers nobody."""
    original = pd.DataFrame(rows, columns=["age", "gender"])
    lots = original.assign(age=["low" if row < cut else "high" for row in range(len(rows))])
    merged = original.assign(age="low")
    finer = assess_risk(original, lots, "age", population=toy(people)).individual_risks
    coarser = assess_risk(original, merged, "age", population=toy(people)).individual_risks
    assert (coarser <= finer + 1e-12).all()


def town(toy, **settings):
    people = [{"age": age, "gender": "F"} for age in (31,) * 10 + (34,) * 20 + (38,) * 30]
    return toy(people, **settings)


def test_a_global_label_counts_all_whom_it_covers(toy):
    original = pd.DataFrame({"age": [31, 34]})
    released = pd.DataFrame({"age": ["30-39", "30-39"]})
    report = assess_risk(original, released, "age", population=town(toy))
    assert report.journalist.mean == pytest.approx(1 / 60)


def test_where_hulls_overlap_only_cells_that_the_class_holds_count(toy):
    # 34 went to two classes: half of the 20 people of 34 stand behind each of them. The 5 people of
    # 33 can only be behind the first class; those of 37 may be behind both, and count in neither.
    people = [{"age": a} for a in (31,) * 10 + (33,) * 5 + (34,) * 20 + (37,) * 7 + (38,) * 30]
    original = pd.DataFrame({"age": [31, 34, 34, 38]})
    released = pd.DataFrame({"age": ["30-39", "30-39", "34-39", "34-39"]})
    report = assess_risk(original, released, "age", population=toy(people))
    assert report.individual_risks == pytest.approx([1 / 25, 1 / 25, 1 / 40, 1 / 40])


def test_a_label_that_does_not_cover_its_values_stands_for_what_these_span(toy):
    people = [{"age": age, "gender": "F"} for age in (31, 32, 33, 34, 35) for _ in range(10)]
    original = pd.DataFrame({"age": [31, 34, 35]})
    released = pd.DataFrame({"age": [99, 99, 35]})
    report = assess_risk(original, released, "age", population=toy(people))
    assert report.individual_risks == pytest.approx([1 / 40, 1 / 40, 1 / 10])


def test_a_suppressed_person_of_a_cell_leaves_its_people_in_doubt(toy):
    people = [{"age": age} for age in (31, 32, 33) for _ in range(10)]
    original = pd.DataFrame({"who": [1, 2, 3], "age": [31, 31, 32]})
    released = pd.DataFrame({"who": [1, 1, None], "age": ["30-34", "30-35", None]})
    report = assess_risk(original, released, "age", person_id="who", population=toy(people))
    # Both hulls have 31, 32 and 33; each holds half of 31, and nobody has 32 or 33 alone.
    assert report.individual_risks[:2] == pytest.approx([1 / 5, 1 / 5])
    # Had 33 one hull only, it would count there; the suppressed 32 would not.
    released["age"] = ["30-33", "31-32", None]
    people += [{"age": 30}] * 4
    report = assess_risk(original, released, "age", person_id="who", population=toy(people))
    assert report.individual_risks[:2] == pytest.approx([1 / 19, 1 / 5])


def test_labels_that_overlap_are_not_global(toy):
    original = pd.DataFrame({"age": [31, 34, 38]})
    released = pd.DataFrame({"age": ["30-35", "30-35", "34-39"]})
    report = assess_risk(original, released, "age", population=town(toy))
    assert report.individual_risks == pytest.approx([1 / 30, 1 / 30, 1 / 30])


def test_a_label_that_does_not_cover_its_value_is_not_counted(toy):
    original = pd.DataFrame({"age": [31, 34]})
    released = pd.DataFrame({"age": [38, 38]})
    report = assess_risk(original, released, "age", population=town(toy))
    assert report.journalist.mean == pytest.approx(1 / 30)


def test_a_released_null_is_not_everything(toy):
    original = pd.DataFrame({"age": [31, 34]})
    released = pd.DataFrame({"age": pd.Series([None, None], dtype=object)})
    report = assess_risk(original, released, "age", population=town(toy))
    assert report.journalist.mean == pytest.approx(1 / 30)


def test_suppressed_people_take_their_share_of_a_cell_with_them(toy):
    original = pd.DataFrame({"who": [1, 2, 3, 4], "age": [34] * 4})
    released = pd.DataFrame({"who": [0, 0, None, None], "age": [34, 34, None, None]})
    report = assess_risk(original, released, "age", person_id="who", population=town(toy))
    assert report.journalist.mean == pytest.approx(1 / 10)
    assert report.n_suppressed == 2


def test_a_key_that_the_population_does_not_know_is_never_summed_over(toy):
    original = pd.DataFrame({"age": [31, 31, 34], "shoe": [40, 40, 41]})
    report = assess_risk(original, original, ["age", "shoe"], population=town(toy))
    # Ten people are 31 and twenty are 34, and none of them all wear one size for certain.
    assert (report.individual_risks > [1 / 10, 1 / 10, 1 / 20]).all()
    assert (report.individual_risks < [1 / 2, 1 / 2, 1]).all()
    assert report.modelled_share == 1.0
    assert report.n_unknown_to_population == 0
    # Where it knows nothing there is nothing to go by.
    report = assess_risk(original, original, "shoe", population=town(toy))
    assert report.journalist == report.prosecutor
    assert report.n_unknown_to_population == 3
    assert not report.recommendation.startswith("CENSUS:")


def test_a_person_with_an_unknown_value_has_1_over_f_and_stands_for_one_in_the_class(toy):
    original = pd.DataFrame({"gender": ["F", "X"]})
    people = [{"gender": "F"}] * 9
    report = assess_risk(
        original, pd.DataFrame({"gender": ["a", "a"]}), "gender", population=toy(people)
    )
    assert report.individual_risks == pytest.approx([1 / 10, 1 / 2])
    assert report.n_unknown_to_population == 1


def test_f_is_raised_to_f_and_the_classes_are_counted(toy):
    original = pd.DataFrame({"age": [31] * 12 + [50] * 3 + [34]})
    report = assess_risk(original, original, "age", population=town(toy))
    assert report.n_raised == 2
    assert report.individual_risks == pytest.approx([1 / 12] * 12 + [1 / 3] * 3 + [1 / 20])


def test_the_upper_limit_takes_the_low_counts(toy):
    original = pd.DataFrame({"age": [31] * 6 + [34]})
    report = assess_risk(original, original, "age", population=town(toy, low=0.5))
    assert report.population_average_risk == pytest.approx((6 / 10 + 1 / 20) / 7)
    assert report.upper == pytest.approx((6 / 6 + 1 / 10) / 7)


def test_the_share_that_rests_on_modelled_counts(toy):
    original = pd.DataFrame({"age": [31, 34, 34, 38]})
    report = assess_risk(original, original, "age", population=town(toy, modelled=[34]))
    assert report.modelled_share == 0.5
    # Where F was raised to f it rests on the file, and not on the model.
    raised = pd.DataFrame({"age": [34] * 30 + [31] * 30})
    report = assess_risk(raised, raised, "age", population=town(toy, modelled=[34]))
    assert report.modelled_share == 0.0


def test_where_the_file_is_the_population_all_attackers_are_one(toy):
    original = pd.DataFrame({"age": [31] * 10 + [34] * 20 + [38] * 30})
    released = original.assign(age=["30-34"] * 30 + ["35-39"] * 30)
    report = assess_risk(original, released, "age", population=town(toy))
    assert report.journalist == report.prosecutor == report.marketer
    assert not report.recommendation.startswith("CENSUS:")


def test_counts_are_asked_for_by_cells_not_by_people(toy):
    population = town(toy)
    original = pd.DataFrame({"age": [31, 34, 38] * 500})
    assess_risk(original, original, "age", population=population)
    assert population.n_calls <= 6
