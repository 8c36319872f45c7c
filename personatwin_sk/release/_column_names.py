"""What files call the columns that we call person_id, gender, date ...: read from names alone."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

from personatwin_sk.domains import spelling

__all__ = ["likely_names", "our_name_for"]

_PEOPLE = (
    "person|people|individual|subject|participant|respondent|patient|client|inmate|offender"
    "|defendant|student|pupil|employee|member|customer|user|worker|recipient|applicant|resident"
)
_EVENTS = (
    "event|case|encounter|visit|admission|charge|arrest|incident|booking|hearing|claim|episode"
    "|transaction|record|row|offense|service|enrollment|assessment|referral|exam"
)
_NUMBER = "(?:id|identifier|number|num|no|nr|key|code|uuid|guid)"
_AFTER = "(?:_(?:code|cd|id|name|desc|description|label|group))?"

# Tried in this order on names as `spelling` writes them; all of the name has to fit.
_NAMES = tuple(
    (ours, re.compile(pattern))
    for ours, pattern in (
        ("date_of_birth", r"(?:.+_)?(?:dob|date_?of_?birth|birth_?(?:date|day)|born(?:_on)?)"),
        ("event_id", rf"(?:{_EVENTS})_?{_NUMBER}"),
        (
            "person_id",
            rf"(?:{_PEOPLE})s?(?:_?{_NUMBER})?|p?id|uid|uuid|guid|who",
        ),
        (
            "age",
            r"agep?|(?:current_|(?:" + _PEOPLE + r")_)?age(?:_(?:in_)?(?:years|yrs))?"
            r"|age_?(?:group|band|range|cat)|age_at_.+|years_old",
        ),
        ("gender", rf"(?:.+_)?(?:sex|gender){_AFTER}"),
        (
            "ethnicity",
            rf"(?:.+_)?(?:race|races|ethnicity|ethnic|race_?ethnicity|raceth|rac1p){_AFTER}",
        ),
        (
            "geography",
            r"(?:.+_)?(?:county|city|town|zip|zip_?code|postal_?code|postcode|state|address"
            rf"|residence|geography|location|place|municipality|fips){_AFTER}",
        ),
        (
            "date",
            rf"(?:.+_)?date|timestamp|date_?time|(?:{_EVENTS}|start)_?(?:date|day|time|start)",
        ),
        (
            "event_type",
            rf"event|(?:(?:{_EVENTS}|action|activity|procedure)_?)?(?:type|class|kind)"
            r"|event_(?:name|category)|activity|action|encounter",
        ),
        (
            "outcome",
            rf"(?:(?:{_EVENTS}|final)_)?(?:outcome|result|disposition|status|decision|verdict)",
        ),
    )
)


def our_name_for(name: Hashable) -> str | None:
    """Give the column of ours that a column's name speaks of; None if it is none of them.

    Examples
    --------
    >>> [our_name_for(name) for name in ("Inmate No.", "SEX", "zip code", "DOB", "judge")]
    ['person_id', 'gender', 'geography', 'date_of_birth', None]
    """
    written = spelling(name)
    if written == "person_id":
        return "person_id"
    return next((ours for ours, pattern in _NAMES if pattern.fullmatch(written)), None)


def likely_names(names: Iterable[Hashable]) -> dict[str, Hashable]:
    """Give, for columns of ours that are not there, the first column whose name speaks of them.

    Parameters
    ----------
    names : iterable of columns

    Returns
    -------
    dict of str to column
        As `load_people_events` takes it as `columns`.

    Examples
    --------
    >>> likely_names(["inmate_no", "sex", "age", "judge"])
    {'person_id': 'inmate_no', 'gender': 'sex'}
    """
    names = list(names)
    found: dict[str, Hashable] = {}
    for name in names:
        ours = our_name_for(name)
        if ours is not None and ours not in names:
            found.setdefault(ours, name)
    if "age" in names or "age" in found:
        found.pop("date_of_birth", None)
    return found
