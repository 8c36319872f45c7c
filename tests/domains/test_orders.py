"""Which events follow which in each domain, told as stories that can and that cannot happen."""

from __future__ import annotations

import itertools
import pickle

import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.domains import (
    PRIVACY_LEVELS,
    create_custom_config,
    get_domain_config,
    get_privacy_level,
)
from personatwin_sk.exceptions import InputError

EVENT_TYPES = {
    "criminal_justice": "arrest screening pretrial_detention release charge hearing trial "
    "sentencing probation incarceration parole appeal",
    "healthcare": "visit telehealth emergency_visit admission diagnosis test treatment surgery "
    "discharge",
    "education": "enrollment assessment grade intervention suspension transfer graduation dropout",
    "social_services": "application appeal case_opened assessment benefit_received "
    "service_provided review sanction case_closed",
    "employment": "application interview hire training performance_review promotion warning "
    "termination resignation retirement",
    "custom": "",
}
# The coarsest that is still of use to those who read the files of a domain.
PRECISIONS = {
    "criminal_justice": ("week", "city"),
    "healthcare": ("month", "county"),
    "education": ("month", "county"),
    "social_services": ("month", "county"),
    "employment": ("month", "city"),
    "custom": ("day", "address"),
}
POSSIBLE = {
    "criminal_justice": [
        "arrest charge trial sentencing incarceration parole incarceration",
        "arrest screening release charge hearing hearing trial appeal trial sentencing probation",
        "charge sentencing appeal probation sentencing",
        "screening pretrial_detention release",
    ],
    "healthcare": [
        "emergency_visit admission diagnosis surgery treatment discharge visit",
        "telehealth visit visit test diagnosis treatment treatment",
        "admission discharge visit",
    ],
    "education": [
        "enrollment assessment grade assessment grade graduation",
        "enrollment transfer enrollment grade dropout",
        "enrollment assessment suspension intervention assessment",
    ],
    "social_services": [
        "application appeal case_opened assessment service_provided review case_closed",
        "application case_opened benefit_received review sanction benefit_received",
    ],
    "employment": [
        "application interview hire training performance_review promotion resignation",
        "hire performance_review warning termination",
        "hire performance_review retirement",
    ],
}
IMPOSSIBLE = {
    "criminal_justice": ["sentencing trial", "trial arrest", "parole trial", "arrest appeal"],
    "healthcare": ["discharge surgery", "test discharge", "diagnosis emergency_visit"],
    "education": ["graduation enrollment", "dropout grade", "enrollment graduation"],
    "social_services": ["case_closed case_opened", "application benefit_received"],
    "employment": ["termination hire", "interview promotion", "retirement training"],
}
NOT_FIRST = {
    "criminal_justice": "trial sentencing parole appeal release",
    "healthcare": "discharge surgery diagnosis test treatment",
    "education": "graduation grade transfer dropout",
    "social_services": "case_closed review sanction appeal",
    "employment": "interview termination promotion retirement",
}
LAST = {
    "criminal_justice": set(),
    "healthcare": set(),
    "education": {"graduation", "dropout"},
    "social_services": {"case_closed"},
    "employment": {"termination", "resignation", "retirement"},
}


def stories(by_domain):
    return [(name, story) for name, told in by_domain.items() for story in told]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_event_types_and_precisions(name):
    config = get_domain_config(name)
    assert config.name == name
    assert config.event_types == tuple(EVENT_TYPES[name].split())
    assert (config.temporal_precision, config.geographic_precision) == PRECISIONS[name]


@pytest.mark.parametrize(("name", "story"), stories(POSSIBLE))
def test_stories_that_happen(name, story):
    config, events = get_domain_config(name), story.split()
    assert events[0] in config.first_events
    for before, after in itertools.pairwise(events):
        assert after in config.next_events[before], (before, after)


@pytest.mark.parametrize(("name", "pair"), stories(IMPOSSIBLE))
def test_what_never_follows(name, pair):
    before, after = pair.split()
    assert after not in get_domain_config(name).next_events[before]


@pytest.mark.parametrize("name", NOT_FIRST)
def test_where_runs_begin_and_end(name):
    config = get_domain_config(name)
    assert not set(NOT_FIRST[name].split()) & set(config.first_events)
    assert {event for event, after in config.next_events.items() if not after} == LAST[name]


@pytest.mark.parametrize(
    ("name", "event", "outcomes"),
    [
        ("criminal_justice", "trial", "guilty not_guilty plea_bargain dismissed mistrial"),
        ("criminal_justice", "appeal", "affirmed reversed remanded"),
        ("healthcare", "test", "positive negative inconclusive"),
        ("healthcare", "diagnosis", "confirmed suspected ruled_out"),
        ("education", "graduation", "graduated"),
        ("education", "suspension", "served appealed expelled"),
        ("social_services", "application", "approved denied pending withdrawn"),
        ("social_services", "assessment", "eligible ineligible high_need"),
        ("employment", "termination", "terminated laid_off"),
        ("employment", "performance_review", "exceeds meets below"),
    ],
)
def test_outcomes_of_single_events(name, event, outcomes):
    assert get_domain_config(name).outcomes[event] == tuple(outcomes.split())


@pytest.mark.parametrize("name", POSSIBLE)
def test_made_up_people_only_have_what_the_lists_here_name(name):
    events = make_people_events(60, name, random_state=3)
    assert set(events["event_type"]) <= set(EVENT_TYPES[name].split())
    pairs = set()
    for _, own in events.sort_values(["date", "event_id"]).groupby("person_id"):
        types = own.loc[~own["date"].duplicated(keep=False), "event_type"]
        if len(types) == len(own):  # else the order within a day is not known
            pairs |= set(itertools.pairwise(types))
    assert len(pairs) > 3
    # After a last event only a new run can follow.
    first = set(get_domain_config(name).first_events)
    assert all(after in first for before, after in pairs if before in LAST[name])


@pytest.mark.parametrize("parameter", ["event_types", "outcomes"])
@pytest.mark.parametrize("bad", [[None], [b"hire"], [1.5], [["hire"]], ["hire", None], [True]])
def test_only_texts_are_taken(parameter, bad):
    good = {"event_types": ["hire"], "outcomes": ["yes"]}
    with pytest.raises(InputError, match=f"{parameter} must hold texts that are not empty"):
        create_custom_config(
            **{**good, parameter: bad}, sensitive_fields=set(), preserve_fields=set()
        )


@pytest.mark.parametrize("field", ["temporal_precision", "geographic_precision"])
@pytest.mark.parametrize("bad", ["", "Month", "COUNTY", "minute", "county ", None, 7])
def test_precisions_are_taken_as_they_are_spelt(field, bad):
    with pytest.raises(InputError, match=f"{field}=.* is not known; choose one of"):
        create_custom_config(["hire"], ["yes"], set(), set(), **{field: bad})


def test_every_precision_that_is_named_is_taken():
    for precision in ("day", "week", "month", "quarter", "year"):
        made = create_custom_config(["a"], ["b"], [], [], temporal_precision=precision)
        assert made.temporal_precision == precision
    for level in ("address", "zip", "city", "county", "state", "division", "region", "country"):
        made = create_custom_config(["a"], ["b"], [], [], geographic_precision=level)
        assert made.geographic_precision == level


def test_iterators_are_read_once_and_whole():
    made = create_custom_config(
        (name for name in ("hire", "exit")),  # type: ignore[arg-type]
        (name for name in ("yes", "no")),  # type: ignore[arg-type]
        iter(["ssn"]),
        iter(["team"]),
    )
    assert made.event_types == ("hire", "exit")
    assert dict(made.outcomes) == {"hire": ("yes", "no"), "exit": ("yes", "no")}
    assert (made.sensitive_fields, made.preserve_fields) == ({"ssn"}, {"team"})
    assert (made.temporal_precision, made.geographic_precision) == ("month", "county")


def test_each_privacy_level_asks_for_more_than_the_one_before():
    dates = ("day", "week", "month", "quarter", "year")
    places = ("address", "zip", "city", "county", "state")
    for weaker, stronger in itertools.pairwise(PRIVACY_LEVELS.values()):
        assert weaker.k < stronger.k
        assert weaker.jitter < stronger.jitter
        assert weaker.flip_probability < stronger.flip_probability <= 1
        assert dates.index(weaker.precision) < dates.index(stronger.precision)
        assert places.index(weaker.level) <= places.index(stronger.level)


@pytest.mark.parametrize("name", ["low", "medium", "high", "maximum"])
def test_a_privacy_level_cannot_be_changed_and_survives_pickling(name):
    level = get_privacy_level(name)
    with pytest.raises(AttributeError):
        level.k = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(level)) == level


@pytest.mark.parametrize("bad", ["HIGH", "High", "", "med", "none", None, 3])
def test_other_privacy_levels_are_refused(bad):
    with pytest.raises(InputError, match=r"privacy_level=.* is not known; choose one of low, me"):
        get_privacy_level(bad)
