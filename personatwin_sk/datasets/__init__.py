"""Seeded generators of people-events tables whose population is known."""

from personatwin_sk.datasets._people_events import make_people_events

__all__ = ["make_people_events"]
