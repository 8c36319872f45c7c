"""Makes court_records.csv: invented court histories of people who do not exist.

5,500 people are drawn from the US Census Bureau's figures of five counties in the south-west of
Ohio (personatwin_sk.make_people_events) and given histories that are made up; the file has what
happened in 2022 and 2023, to about 3,000 of them. Nobody in it is real, and no conclusion about
courts can be drawn from it. The file is the same each time:

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
FIRST_DAY = "2022-01-01"
FILE = Path(__file__).with_name("court_records.csv")


def main() -> None:
    """Write the file beside this script."""
    histories = make_people_events(5500, "criminal_justice", areas=COUNTIES, random_state=2023)
    table = histories[histories["date"] >= FIRST_DAY]
    table.to_csv(FILE, index=False, lineterminator="\n")
    print(f"{FILE.name}: {table['person_id'].nunique()} people, {len(table)} events")


if __name__ == "__main__":
    main()
