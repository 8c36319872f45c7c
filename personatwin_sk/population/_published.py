"""Figures made of the Census Bureau's tables as they were fetched."""

from __future__ import annotations

import numpy as np

from personatwin_sk.population._axes import FIVE_YEARS, SINGLE_YEARS
from personatwin_sk.population._bundled import AGES_OF_COUNTIES, bundled_shares
from personatwin_sk.population._figures import Figures, Source, split_shares
from personatwin_sk.population._survey import survey_figures
from personatwin_sk.population.bureau import (
    BANDS_23,
    CountyCharacteristics,
    CountySingleYears,
    CountyTables,
    Origin,
    StateCharacteristics,
    StateTables,
    SurveyTables,
)

_YEARS_AS_BUNDLED = f"years as in {AGES_OF_COUNTIES}"


def figures_of(
    tables: CountyTables | StateTables, years: CountySingleYears | None = None
) -> Figures:
    """Make figures of the Bureau's tables.

    Parameters
    ----------
    tables : CountyCharacteristics, StateCharacteristics, CensusTables or SurveyTables
        Of the counties of a state, or of the states.
    years : CountySingleYears, optional
        Single years of age of the same counties. Without them, or where they are of other counties,
        age bands of counties are split as in the bundled figures.

    Returns
    -------
    Figures
        What is published of them is whatever the tables hold.
    """
    if isinstance(tables, CountyCharacteristics):
        return _county_figures(tables, years)
    if isinstance(tables, StateCharacteristics):
        counts = tables.counts.astype(float)
        by_age = counts.sum(axis=(3, 4))
        return Figures(
            source=_source(tables.origin, models="ages above 84 as in 2020"),
            fips=tables.fips,
            starts=SINGLE_YEARS,
            joint=counts,
            shares=split_shares(by_age, by_age.sum(axis=0), SINGLE_YEARS),
            cells_published=True,
            ages_published="years",
        )
    starts = np.array(BANDS_23)
    shares = bundled_shares(tables.fips, starts)
    if isinstance(tables, SurveyTables):
        return survey_figures(tables, shares, _source(tables.origin, models=_YEARS_AS_BUNDLED))
    return Figures(
        source=_source(tables.origin, models=_YEARS_AS_BUNDLED),
        fips=tables.fips,
        starts=starts,
        joint=tables.counts.astype(float),
        shares=shares,
        cells_published=True,
        ages_published="bands",
    )


def _county_figures(tables: CountyCharacteristics, years: CountySingleYears | None) -> Figures:
    counts = tables.counts.astype(float)
    if years is None or not np.array_equal(years.fips, tables.fips):
        return Figures(
            source=_source(tables.origin, models=_YEARS_AS_BUNDLED),
            fips=tables.fips,
            starts=FIVE_YEARS,
            joint=counts,
            shares=bundled_shares(tables.fips, FIVE_YEARS),
            cells_published=True,
            ages_published="bands",
        )
    # Tables of one vintage agree. If these do not, single years only tell how to split a band.
    bands = np.add.reduceat(years.counts, FIVE_YEARS, axis=1)
    agree = np.array_equal(bands, tables.counts.sum(axis=(3, 4)))
    return Figures(
        source=_source(tables.origin, years.origin),
        fips=tables.fips,
        starts=FIVE_YEARS,
        joint=counts,
        shares=split_shares(years.counts, years.counts.sum(axis=0), FIVE_YEARS),
        cells_published=True,
        ages_published="years" if agree else "bands",
    )


def _source(*origins: Origin, models: str = "") -> Source:
    """Put the origins of one or two tables together."""
    return Source(
        tables=tuple(f"{origin.dataset} ({origin.vintage})" for origin in origins),
        # Of tables that came in two ways the count as a whole is as fresh as the older one.
        how="cache" if any(origin.how == "cache" for origin in origins) else "live",
        vintage=origins[0].vintage,
        retrieved=min(origin.retrieved for origin in origins),
        models=models,
        n_published=len(origins),
    )
