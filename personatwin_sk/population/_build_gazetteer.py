"""Build the bundled gazetteer from the Census Bureau's published files.

Run as ``python -m personatwin_sk.population._build_gazetteer SOURCE_DIR [TARGET_FILE]``. Equal
sources give an equal file, so that a change of the file is a change of the figures.

The sources are those that the data folder's README describes: names of counties and states,
divisions and regions, ZIP codes with the share of their addresses in each county, ZIP codes with
the ZIP code tabulation area (ZCTA) they belong to, and the people of ZCTAs and of counties.
"""

from __future__ import annotations

import argparse
import io
import lzma
from pathlib import Path

import numpy as np
import pandas as pd

from personatwin_sk.population._gazetteer import BUNDLED_FILE, POSTAL, PUERTO_RICO

# ZIP weights are published on the counties of 2010. Where a county was renamed or joined to another
# the new code is certain; where it was cut up (Connecticut, Valdez-Cordova) only the state is.
SUCCESSOR_OF_COUNTY = {
    "02270": "02158",  # Wade Hampton Census Area -> Kusilvak Census Area
    "46113": "46102",  # Shannon County -> Oglala Lakota County
    "51515": "51019",  # Bedford city -> Bedford County
    "02261": "02",  # Valdez-Cordova Census Area -> Chugach and Copper River
    **{f"09{number:03d}": "09" for number in range(1, 16, 2)},  # -> planning regions
}

# Columns of places hold ZIP codes far more often than county codes. A code that is both is read as
# a county only where so many more people live in that county than in that ZIP code.
ODDS_OF_ZIP = 20


def read_counties(source: Path) -> pd.DataFrame:
    """Read county codes and names, sorted by code."""
    counties = pd.read_csv(source / "county_names_2023.csv", dtype=str, keep_default_na=False)
    return counties.sort_values("fips", ignore_index=True)


def read_states(source: Path) -> pd.DataFrame:
    """Read state codes, names, divisions and regions; Puerto Rico lies in none of them."""
    states = pd.read_csv(source / "state_division_region.csv", dtype=str)
    return states.sort_values("STATE", ignore_index=True)


def zip_rows(source: Path) -> pd.DataFrame:
    """List the counties of every ZIP code with their weights, the heaviest county first."""
    weights = pd.read_csv(source / "zip_county_weights.csv.gz", dtype={"fips": str, "zip": str})
    weights["area"] = weights.pop("fips").replace(SUCCESSOR_OF_COUNTY).astype(int)
    weights = weights[weights["weight"] > 0].groupby(["zip", "area"], as_index=False).sum()
    boxes = pd.read_csv(source / "zip_to_zcta.csv.gz", dtype=str)
    boxes = boxes[~boxes["zip_code"].isin(weights["zip"])]
    through_zcta = boxes.merge(weights, left_on="zcta", right_on="zip")
    through_zcta["zip"] = through_zcta["zip_code"]
    placed = pd.concat([weights, through_zcta[["zip", "area", "weight"]]])

    # The rest (single buildings, mostly) have no weights of their own nor of their ZCTA.
    rest = boxes[~boxes["zip_code"].isin(placed["zip"])]
    state_number = {postal: int(code) for code, postal in POSTAL.items()}
    lost = pd.DataFrame({"zip": rest["zip_code"], "area": rest["state"].map(state_number)})
    everything = pd.concat([placed, lost.assign(weight=1.0)], ignore_index=True)
    return everything.sort_values(
        ["zip", "weight", "area"], ascending=[True, False, True], ignore_index=True
    )


def county_readings(source: Path, zips: pd.Series, counties: pd.DataFrame) -> np.ndarray:
    """Return the codes that are a ZIP and a county, and are the county in all likelihood."""
    in_zip, in_county = zcta_people(source), county_people(source)
    both = pd.Series(sorted(set(zips) & set(counties["fips"])))
    likely = both.map(in_county).fillna(0) > ODDS_OF_ZIP * both.map(in_zip).fillna(0)
    return both[likely].astype(int).to_numpy()


def zcta_people(source: Path) -> pd.Series:
    """Read the people of each ZIP code tabulation area (ACS 2016-2020)."""
    people = pd.read_csv(source / "zcta_population_acs2016_2020.csv.gz", dtype={"zcta": str})
    return people.set_index("zcta")["pop_acs2016_2020"].sort_index()


def county_people(source: Path) -> pd.Series:
    """Read the people of each county (July 2023); Puerto Rico has no such figures."""
    with np.load(source / "county_age_sex_2023.npz") as published:
        codes = [str(code) for code in published["fips"]]
        return pd.Series(published["counts"].sum(axis=(1, 2)), index=codes)


def zcta_of_zips(source: Path, zips: np.ndarray) -> np.ndarray:
    """Return the number of each ZIP's tabulation area; 0 where none is known.

    Parameters
    ----------
    source : Path
    zips : ndarray of int, shape (n_zips,)
    """
    areas = pd.read_csv(source / "zip_to_zcta.csv.gz", dtype=str)
    of_zip = pd.Series(areas["zcta"].astype(int).to_numpy(), index=areas["zip_code"].astype(int))
    return of_zip.reindex(zips, fill_value=0).to_numpy()


def people_of_puerto_rico(source: Path) -> int:
    """Add up the tabulation areas of Puerto Rico, of which there are no county figures."""
    areas = pd.read_csv(source / "zip_to_zcta.csv.gz", dtype=str)
    inside = areas.loc[areas["state"] == POSTAL[PUERTO_RICO], "zcta"].unique()
    return int(zcta_people(source).reindex(inside, fill_value=0).sum())


def pack(source: Path) -> bytes:
    """Return the bytes of the gazetteer made from the files in `source`."""
    counties, states, rows = read_counties(source), read_states(source), zip_rows(source)
    zips, n_areas = np.unique(rows["zip"].astype(int), return_counts=True)
    # Weights of a ZIP's counties add up to one, so the first (heaviest) needs no writing; columns
    # of differences compress to half of what the codes themselves do.
    second = rows["zip"].duplicated().to_numpy()
    in_county = county_people(source).reindex(counties["fips"], fill_value=-1)
    arrays = {
        "counties": np.diff(counties["fips"].astype(np.int32), prepend=0).astype(np.int32),
        "county_names": _text("\n".join(counties["county"])),
        "states": states["STATE"].astype(np.int8).to_numpy(),
        "state_names": _text("\n".join(states["NAME"])),
        "divisions": states["DIVISION"].astype(np.int8).to_numpy(),
        "division_names": _numbered_names(states["DIVISION"], states["division"]),
        "regions": states["REGION"].astype(np.int8).to_numpy(),
        "region_names": _numbered_names(states["REGION"], states["region"]),
        "zips": np.diff(zips, prepend=0).astype(np.int16),
        "zip_areas": np.diff(rows["area"], prepend=0).astype(np.int32),
        "zip_n_areas": n_areas.astype(np.int8),
        "zip_weights": (rows["weight"][second] * 10_000).round().astype(np.int16).to_numpy(),
        "county_readings": np.diff(
            county_readings(source, rows["zip"], counties), prepend=0
        ).astype(np.int32),
        "county_people": in_county.astype(np.int32).to_numpy(),
        "people_of_puerto_rico": np.array([people_of_puerto_rico(source)], dtype=np.int32),
        # Most ZIP codes have a tabulation area of their own: the difference is 0.
        "zip_to_zcta": (zcta_of_zips(source, zips) - zips).astype(np.int32),
        "zcta_people": zcta_people(source).astype(np.int32).to_numpy(),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME)


def _text(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _numbered_names(numbers: pd.Series, names: pd.Series) -> np.ndarray:
    """Return the names in the order of their numbers 1, 2, ..., as one text."""
    by_number = dict(zip(numbers.astype(int), names, strict=True))
    return _text("\n".join(by_number[number] for number in sorted(by_number)))


def main(arguments: list[str] | None = None) -> None:
    """Write the gazetteer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with the published files")
    parser.add_argument("target", type=Path, nargs="?", default=BUNDLED_FILE)
    options = parser.parse_args(arguments)
    content = pack(options.source)
    options.target.parent.mkdir(parents=True, exist_ok=True)
    options.target.write_bytes(content)
    print(f"{options.target.name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
