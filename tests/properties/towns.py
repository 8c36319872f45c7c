"""Towns small enough to count person by person, and releases of some of their people."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from personatwin_sk.population import TablePopulation

KEYS = ["age", "sex"]
AGES, SEXES = range(1, 7), ("F", "M")
Person = tuple[int, str]


@dataclass(frozen=True)
class Town:
    """Everybody of a town, who of them is in the file, and how these were released."""

    people: list[Person]
    chosen: list[int]
    labels: list[tuple[str, str]]  # one per chosen person

    @property
    def file(self) -> list[Person]:
        return [self.people[i] for i in self.chosen]

    @property
    def original(self) -> pd.DataFrame:
        return pd.DataFrame(self.file, columns=KEYS)

    @property
    def released(self) -> pd.DataFrame:
        return pd.DataFrame(self.labels, columns=KEYS)

    @property
    def reference(self) -> TablePopulation:
        return counts_of(self.people)


def counts_of(people: list[Person], times: int = 1, columns: list[str] = KEYS) -> TablePopulation:
    """Give the population that counts these people (each so many times), and who is nobody."""
    everything = list(itertools.product(AGES, SEXES))
    number = Counter(people)
    frame = pd.DataFrame(everything, columns=KEYS)[columns]
    frame["n"] = [times * number[person] for person in everything]
    return TablePopulation.from_frame(frame.groupby(columns, as_index=False).sum())


def covered(label: tuple[str, str], person: Person) -> bool:
    """Reads a released row anew: whether it may stand for a person."""
    ends = [int(end) for end in label[0].split("-")]
    return ends[0] <= person[0] <= ends[-1] and person[1] in label[1].split("|")


def span(values: list[int]) -> str:
    return f"{min(values)}-{max(values)}" if min(values) < max(values) else str(min(values))


def behind(town: Town) -> list[float]:
    """F by its definition, person by person of the file.

    People whom this class alone covers; of the cells that several classes cover, those that the
    class holds, in proportion; never fewer than its people in the file.
    """
    classes = Counter(town.labels)
    people, in_file = Counter(town.people), Counter(town.file)
    held = Counter(zip(town.labels, town.file, strict=True))
    found = {}
    for label, f in classes.items():
        total = 0.0
        for cell, n in people.items():
            if [other for other in classes if covered(other, cell)] == [label]:
                total += n
            elif held[label, cell]:
                total += n * held[label, cell] / in_file[cell]
        found[label] = max(total, f)
    return [found[label] for label in town.labels]


@st.composite
def drawn(draw: st.DrawFn, max_people: int = 14) -> tuple[list[Person], list[int]]:
    person = st.tuples(st.sampled_from(AGES), st.sampled_from(SEXES))
    people = draw(st.lists(person, min_size=2, max_size=max_people))
    chosen = draw(
        st.lists(st.integers(0, len(people) - 1), min_size=1, max_size=len(people), unique=True)
    )
    return people, chosen


def in_bands(people: list[Person], cuts: list[int], one_sex: bool) -> list[tuple[str, str]]:
    """Recode globally: an age to the band between cuts, a sex to itself or to both."""
    labels = []
    for age, sex in people:
        low = max([cut for cut in cuts if cut <= age], default=1)
        high = min([cut for cut in cuts if cut > age], default=7) - 1
        labels.append((span([low, high]), "F|M" if one_sex else sex))
    return labels


@st.composite
def banded(draw: st.DrawFn, max_people: int = 14) -> tuple[Town, Town]:
    """Draw a town that is released in bands, and the same in coarser bands."""
    people, chosen = draw(drawn(max_people=max_people))
    cuts = draw(st.lists(st.sampled_from(range(2, 7)), unique=True))
    fewer = draw(st.lists(st.sampled_from(cuts), unique=True)) if cuts else []
    one_sex, later = draw(st.booleans()), draw(st.booleans())
    file = [people[i] for i in chosen]
    return (
        Town(people, chosen, in_bands(file, cuts, one_sex)),
        Town(people, chosen, in_bands(file, fewer, one_sex or later)),
    )


@st.composite
def grouped(draw: st.DrawFn) -> Town:
    """Draw a town whose file is released in any classes: each as its people span, or wider."""
    people, chosen = draw(drawn())
    n = len(chosen)
    group = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    labels: list[Any] = []
    for g in group:
        members = [people[i] for i, other in zip(chosen, group, strict=True) if other == g]
        sexes = sorted({sex for _, sex in members})
        labels.append((span([age for age, _ in members]), "|".join(sexes)))
    return Town(people, chosen, labels)
