"""Generated tables of people and events, for trying things out and for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from personatwin_sk.datasets._histories import draw_histories
from personatwin_sk.datasets._models import HISTORY_MODELS
from personatwin_sk.datasets._people import draw_people
from personatwin_sk.domains import Domain, get_domain_config
from personatwin_sk.exceptions import InputError

_FIRST_DAY = np.datetime64("2018-01-01", "D")
# The last working day of 2023.
_LAST_DAY = np.datetime64("2023-12-29", "D")
_ID_DIGITS = 12


def make_people_events(
    n_people: int = 1000,
    domain: str | Domain = "criminal_justice",
    *,
    areas: Sequence[str] = ("39",),
    random_state: int | np.random.RandomState | None = None,
) -> pd.DataFrame:
    """Make a table of people, as they live in a part of the US, with invented histories.

    People are drawn from the bundled census figures, each resident of the areas whose age suits
    the domain being equally likely, so that the population behind the table is known. Within
    five-year bands ages are spread evenly; from 85 to 99 they thin out. Histories are invented:
    they obey the order of events of the domain, but estimate nothing that is true of anybody.
    The chance of further events differs between people and depends on their age (fewer arrests,
    more illness), not on gender, ethnicity or place.

    Parameters
    ----------
    n_people : int, default=1000
        How many people. Each has at least one event.
    domain : str or Domain, default="criminal_justice"
        "criminal_justice", "healthcare", "education", "social_services" or "employment".
    areas : sequence of str, default=("39",)
        Where they live: FIPS codes of states ("39" is Ohio) or of counties ("39061"), or names
        ("Ohio", "Hamilton County, OH", "Midwest").
    random_state : int, RandomState or None, default=None
        Seed. The same int gives the same table.

    Returns
    -------
    pandas.DataFrame
        One row per event, a person's rows together and in order of time: `person_id`, `age`
        (years), `gender`, `ethnicity` ("Hispanic" of any race; the others not Hispanic),
        `geography` (county), `event_id`, `date` (2018 to 2023), `event_type`, `outcome`.

    Raises
    ------
    InputError
        If there is no such domain, the domain says nothing of events ("custom"), an area is not
        known, or `n_people` is not a positive integer.

    Examples
    --------
    >>> from personatwin_sk import make_people_events
    >>> table = make_people_events(50, "healthcare", random_state=0)
    >>> table["person_id"].nunique()
    50
    >>> list(table.columns)[:5]
    ['person_id', 'age', 'gender', 'ethnicity', 'geography']
    """
    if isinstance(n_people, bool) or not isinstance(n_people, int | np.integer) or n_people < 1:
        raise InputError("n_people must be an integer of at least 1")
    name = get_domain_config(domain).name
    if name not in HISTORY_MODELS:
        raise InputError(
            f"domain={name!r} has no events; choose one of {', '.join(HISTORY_MODELS)}"
        )
    model = HISTORY_MODELS[name]
    seed = check_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    rng = np.random.default_rng(seed)
    people = draw_people(int(n_people), areas, model.ages, rng)
    events = draw_histories(model, people.age, _FIRST_DAY, _LAST_DAY, rng)
    person = events.person
    return pd.DataFrame(
        {
            "person_id": _opaque_ids("P", int(n_people), rng)[person],
            "age": people.age[person],
            "gender": people.gender[person],
            "ethnicity": people.ethnicity[person],
            "geography": people.geography[person],
            "event_id": _opaque_ids("E", person.size, rng),
            "date": events.day.astype("datetime64[s]"),
            "event_type": events.event_type,
            "outcome": events.outcome,
        }
    )


def _opaque_ids(prefix: str, n_ids: int, rng: np.random.Generator) -> np.ndarray:
    """Return distinct ids that say nothing, not even which came first."""
    numbers = np.empty(0, dtype=np.int64)
    while numbers.size < n_ids:
        more = rng.integers(0, 16**_ID_DIGITS, n_ids - numbers.size)
        # Sorting finds the equal ones several times faster than numpy.unique does.
        numbers = np.sort(np.concatenate([numbers, more]))
        numbers = numbers[np.diff(numbers, prepend=-1) > 0]
    numbers = rng.permutation(numbers)
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    places = 4 * np.arange(_ID_DIGITS - 1, -1, -1)
    text = np.empty((n_ids, _ID_DIGITS + 1), dtype=np.uint8)
    text[:, 0] = ord(prefix)
    text[:, 1:] = digits[(numbers[:, None] >> places) & 15]
    return text.view(f"S{_ID_DIGITS + 1}").ravel().astype(str).astype(object)
