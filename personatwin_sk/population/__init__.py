"""Reference populations: how many people of the real population share some characteristics."""

from personatwin_sk.population._axes import AGE_BANDS, HISPANIC, RACES, SEXES
from personatwin_sk.population._census import CensusPopulation
from personatwin_sk.population._protocol import Provenance, ReferencePopulation
from personatwin_sk.population._table import TablePopulation

__all__ = [
    "AGE_BANDS",
    "HISPANIC",
    "RACES",
    "SEXES",
    "CensusPopulation",
    "Provenance",
    "ReferencePopulation",
    "TablePopulation",
]
