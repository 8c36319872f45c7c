"""Risk where the population has a hierarchy of its own: k and F against counting people one by one.

The places are French, and the column is even called geography: nothing may be read as a US place
("Paris" is in Texas, too).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk import PersonaMerger
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk

PLACES = pd.DataFrame(
    {
        "commune": ["Lyon", "Bron", "Nice", "Menton", "Paris"],
        "county": ["Rhone", "Rhone", "Maritimes", "Maritimes", "Seine"],  # a US level by its name
        "region": ["AURA", "AURA", "PACA", "PACA", "Midwest"],
    }
)
TREE = Hierarchy.from_frame(PLACES)
COUNTS = {
    ("Lyon", "F"): 50,
    ("Lyon", "M"): 40,
    ("Bron", "F"): 6,
    ("Bron", "M"): 4,
    ("Nice", "F"): 30,
    ("Nice", "M"): 25,
    ("Menton", "F"): 3,
    ("Paris", "M"): 90,
}
FRANCE = TablePopulation.from_frame(
    pd.DataFrame([(*cell, n) for cell, n in COUNTS.items()], columns=["geography", "sexe", "n"]),
    hierarchies={"geography": TREE},
)
KEYS = ["geography", "sexe"]


def leaves(label: str) -> set[str]:
    return set(PLACES["commune"][(label == "*") | (label == PLACES).any(axis=1)])


def people_in(labels, sex):
    """How many people of France live in any of some communes, counted by hand."""
    return sum(n for (commune, sexe), n in COUNTS.items() if commune in labels and sexe == sex)


def table(places, sexes):
    return pd.DataFrame(
        {"geography": pd.Series(places, dtype=object), "sexe": pd.Series(list(sexes), dtype=object)}
    )


def test_labels_of_a_level_count_the_people_below_them():
    before = table(["Lyon", "Bron", "Nice", "Menton"], "FFFF")
    after = before.assign(geography=["Rhone", "Rhone", "PACA", "PACA"])
    report = assess_risk(before, after, KEYS, population=FRANCE)
    assert report.k_anonymity == 2
    assert report.individual_risks == pytest.approx([1 / 56, 1 / 56, 1 / 33, 1 / 33])
    assert report.upper == report.population_average_risk
    assert report.modelled_share == 0


def test_a_label_beside_a_finer_one_covers_what_is_left_of_it():
    before = table(["Lyon", "Bron"], "FF")
    after = before.assign(geography=["Lyon", "Rhone"])
    report = assess_risk(before, after, KEYS, population=FRANCE)
    # Women of the Rhone who are not of Lyon, by the shares of both sexes in the commune.
    left = 1 - 90 / 100
    assert report.individual_risks == pytest.approx([1 / 50, 1 / (56 * left)])


def test_the_names_of_levels_and_places_are_not_american():
    before = table(["Paris", "Lyon"], "MM")
    after = before.assign(geography=["Midwest", "AURA"])
    report = assess_risk(before, after, KEYS, population=FRANCE)
    assert report.individual_risks == pytest.approx([1 / 90, 1 / 44])


def test_american_names_are_those_of_the_hierarchy():
    courts = pd.DataFrame(
        {"court": ["Hamilton County, OH", "Cook County, IL", "Texas"], "seat": ["Ohio"] * 3}
    )
    population = TablePopulation.from_frame(
        pd.DataFrame({"geography": courts["court"], "n": [10, 20, 40]}),
        hierarchies={"geography": courts},
    )
    before = table(courts["court"][:2], "FF")[["geography"]]
    report = assess_risk(
        before, before.assign(geography="Ohio"), "geography", population=population
    )
    assert report.individual_risks == pytest.approx([1 / 70, 1 / 70])


def test_two_spellings_are_one_place():
    before = table(["Lyon", " Lyon", "Lyon "], "FFF")
    report = assess_risk(before, before.assign(geography="*"), KEYS, population=FRANCE)
    assert report.individual_risks == pytest.approx(1 / people_in(leaves("*"), "F"))
    local = assess_risk(before, before.assign(geography=list("aab")), KEYS, population=FRANCE)
    assert local.individual_risks == pytest.approx([3 / 100, 3 / 100, 3 / 50])


def test_a_local_recoding_counts_the_original_places():
    before = table(["Lyon", "Lyon", "Bron", "Bron"], "FFFF")
    after = before.assign(geography=["Lyon", "Rhone", "Rhone", "Rhone"])
    report = assess_risk(before, after, KEYS, population=FRANCE)
    # Half the women of Lyon went to each; those of Bron all to the departement.
    assert report.individual_risks == pytest.approx([1 / 25, 1 / 31, 1 / 31, 1 / 31])


def test_a_place_or_null_is_counted_for_the_file_alone():
    before = table(["Lyon", None], "FF")
    after = before.assign(geography=["Lyon|", "Lyon|"])
    report = assess_risk(before, after, KEYS, population=FRANCE)
    assert report.individual_risks == pytest.approx([1 / 51, 1 / 2])


def test_places_that_the_population_does_not_have_are_refused():
    before = table(["Lyon", "Ohio"], "FF")
    with pytest.raises(InputError, match="1 of 2 values of 'geography'") as error:
        assess_risk(before, before, KEYS, population=FRANCE)
    assert "Ohio" not in str(error.value)


def test_a_population_of_coarser_places_leaves_finer_ones_without_a_low_end():
    areas = TablePopulation.from_frame(
        pd.DataFrame({"geography": ["Rhone", "PACA", "Paris"], "n": [100, 60, 90]}),
        hierarchies={"geography": TREE},
    )
    before = table(["Lyon", "Lyon", "Nice"], "FFF")[["geography"]]
    # Everybody of a commune went the same way: the label is counted, and exactly.
    report = assess_risk(
        before, before.replace({"Lyon": "Rhone", "Nice": "PACA"}), "geography", population=areas
    )
    assert report.individual_risks == pytest.approx([1 / 100, 1 / 100, 1 / 60])
    assert report.upper == pytest.approx(np.mean([1 / 100, 1 / 100, 1 / 60]))
    # Otherwise the communes are, of which nothing is known: nobody but those of the file is sure.
    untouched = assess_risk(before, before, "geography", population=areas)
    assert untouched.modelled_share == 1
    assert untouched.upper == pytest.approx(np.mean([1 / 2, 1 / 2, 1]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES["commune"].tolist()), st.sampled_from("FM")),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(TREE.levels),
)
def test_any_level_by_brute_force(people, level):
    before = table([place for place, _ in people], [sex for _, sex in people])
    to = {c: c for c in PLACES["commune"]}
    if level != "commune":
        to = dict(zip(PLACES["commune"], PLACES.get(level, pd.Series(["*"] * 5)), strict=True))
    after = before.assign(geography=before["geography"].map(to))
    report = assess_risk(before, after, KEYS, population=FRANCE)
    file = defaultdict(int)
    for place, sex in people:
        file[to[place], sex] += 1
    assert report.k_anonymity == min(file.values())
    expected = [
        1 / max(people_in(leaves(to[place]), sex), file[to[place], sex]) for place, sex in people
    ]
    assert report.individual_risks == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES["commune"].tolist()), st.sampled_from("FM")),
        min_size=3,
        max_size=20,
    )
)
def test_what_the_merger_releases_by_brute_force(people):
    before = table([place for place, _ in people], [sex for _, sex in people])
    merger = PersonaMerger(k=3, hierarchies={"geography": TREE})
    after = merger.fit_transform(before)
    report = assess_risk(before, after, KEYS, population=FRANCE)
    persona = merger.apply(before)
    sizes = np.bincount(persona)
    assert report.k_anonymity == sizes.min() >= 3
    # Equal people get equal personas. Behind each stand all who fit what its people span, unless
    # they fit another one too: then those who are like its own people. If the row is that of some
    # of them, they are found among those who have it.
    cells = {
        one: {p for p, other in zip(people, persona, strict=True) if other == one}
        for one in set(persona.tolist())
    }
    behind_of = dict.fromkeys(cells, 0)
    for cell, n in COUNTS.items():
        fits = [
            one
            for one, held in cells.items()
            if cell[0] in {place for place, _ in held} and cell[1] in {sex for _, sex in held}
        ]
        for one in fits:
            behind_of[one] += n if len(fits) == 1 or cell in cells[one] else 0
    for one, row in zip(persona, after.itertuples(index=False, name=None), strict=True):
        mine = sum(p == row and other == one for p, other in zip(people, persona, strict=True))
        if mine:
            behind_of[one] = min(behind_of[one], sizes[one] * COUNTS.get(row, 0) / mine)
    behind = [behind_of[one] for one in persona.tolist()]
    expected = [1 / max(n, sizes[one]) for n, one in zip(behind, persona, strict=True)]
    assert report.individual_risks == pytest.approx(expected)
