"""Makes court_records.csv: invented court histories of people who do not exist.

3,000 people are drawn from the US Census Bureau's figures of five counties in the south-west of
Ohio (personatwin_sk.make_people_events), and given histories that are made up. Nobody in the file
is real, and no conclusion about courts can be drawn from it. The file is the same each time:

    python examples/make_court_records.py
"""

from __future__ import annotations

from pathlib import Path

from personatwin_sk.datasets import make_people_events

COUNTIES = (
    "Hamilton County, OH",
    "Butler County, OH",
    "Warren County, OH",
    "Clermont County, OH",
    "Montgomery County, OH",
)
FILE = Path(__file__).with_name("court_records.csv")


def main() -> None:
    """Write the file beside this script."""
    table = make_people_events(3000, "criminal_justice", areas=COUNTIES, random_state=2023)
    table.to_csv(FILE, index=False, lineterminator="\n")
    print(f"{FILE.name}: {table['person_id'].nunique()} people, {len(table)} events")


if __name__ == "__main__":
    main()
