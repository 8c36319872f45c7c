"""The domains that come with the package, and the privacy levels."""

from __future__ import annotations

import pandas as pd
import pytest

from personatwin_sk.domains import (
    PRIVACY_LEVELS,
    Domain,
    create_custom_config,
    get_domain_config,
    get_privacy_level,
)
from personatwin_sk.exceptions import InputError

REAL_DOMAINS = [domain for domain in Domain if domain is not Domain.CUSTOM]

# What the description of the original system names for each domain.
DOCUMENTED = {
    "criminal_justice": (
        {"arrest", "charge", "trial", "sentencing", "probation", "appeal"},
        {"guilty", "not_guilty", "dismissed", "plea_bargain"},
    ),
    "healthcare": (
        {"admission", "discharge", "diagnosis", "treatment", "surgery"},
        {"recovered", "improved", "stable", "declined"},
    ),
    "education": (
        {"enrollment", "assessment", "grade", "graduation", "suspension"},
        {"passed", "failed", "graduated", "promoted"},
    ),
    "social_services": (
        {"application", "benefit_received", "case_opened", "service_provided"},
        {"approved", "denied", "completed", "compliant"},
    ),
    "employment": (
        {"hire", "promotion", "performance_review", "training", "termination"},
        {"successful", "promoted", "completed", "terminated"},
    ),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_events_and_outcomes_are_there(name):
    config = get_domain_config(name)
    events, outcomes = DOCUMENTED[name]
    assert events <= set(config.event_types)
    assert outcomes <= {outcome for values in config.outcomes.values() for outcome in values}


@pytest.mark.parametrize("domain", REAL_DOMAINS)
def test_every_event_type_has_outcomes_and_can_be_reached(domain):
    config = get_domain_config(domain)
    assert set(config.outcomes) == set(config.event_types) == set(config.next_events)
    assert all(len(set(values)) == len(values) > 0 for values in config.outcomes.values())
    reached: set[str] = set()
    ahead = set(config.first_events)
    assert ahead
    while ahead:
        reached |= ahead
        ahead = {after for event in ahead for after in config.next_events[event]} - reached
    assert reached == set(config.event_types)


@pytest.mark.parametrize("domain", list(Domain))
def test_direct_identifiers_are_never_kept(domain):
    config = get_domain_config(domain)
    assert {"name", "ssn", "email", "phone", "address", "date_of_birth"} <= config.sensitive_fields
    assert not config.sensitive_fields & config.preserve_fields
    assert {"person_id", "event_id"}.isdisjoint(config.preserve_fields)


@pytest.mark.parametrize("domain", REAL_DOMAINS)
def test_numbers_of_events_have_ranges_that_noise_can_use(domain):
    """The largest table of probabilities has 2**24 steps; nothing kept by default is a number."""
    config = get_domain_config(domain)
    assert config.numeric_values
    for low, high, step in config.numeric_values.values():
        assert low < high and 1 <= (high - low) / step <= 2**24
    assert not set(config.numeric_values) & (config.preserve_fields | config.sensitive_fields)


def test_documented_numbers_are_there():
    assert get_domain_config("criminal_justice").numeric_values["sentence_length_days"][0] == 0
    assert get_domain_config("healthcare").numeric_values["length_of_stay"] == (0, 365, 1)
    assert get_domain_config("education").numeric_values["score"] == (0, 100, 1)


def test_custom_domain_asks_for_nothing():
    config = get_domain_config("custom")
    assert config.event_types == () and dict(config.numeric_values) == {}
    assert (config.temporal_precision, config.geographic_precision) == ("day", "address")


def test_domain_is_found_by_name_member_and_itself():
    by_name = get_domain_config("education")
    assert get_domain_config(Domain.EDUCATION) is by_name
    assert get_domain_config(by_name) is by_name
    mine = create_custom_config(["call"], ["answered"], set(), set())
    assert get_domain_config(mine) is mine


@pytest.mark.parametrize("wrong", ["criminal", "HEALTHCARE", "", None, 3])
def test_unknown_domain_names_the_known_ones(wrong):
    with pytest.raises(InputError, match=r"domain=.* is not known; .*healthcare.*custom$"):
        get_domain_config(wrong)


def test_events_of_real_files_are_known(shared_data):
    for path, name in (
        ("compas/court_events.csv.gz", "criminal_justice"),
        ("synthea/patient_events.csv.gz", "healthcare"),
    ):
        config = get_domain_config(name)
        events = pd.read_csv(shared_data / path)[["event_type", "outcome"]].drop_duplicates()
        for event, outcome in events.itertuples(index=False):
            assert outcome in config.outcomes[event]


def test_privacy_levels_are_the_published_floors():
    published = {
        "low": (3, 7, "week", "city", 0.02),
        "medium": (5, 14, "month", "county", 0.05),
        "high": (11, 30, "quarter", "county", 0.10),
        "maximum": (20, 60, "year", "state", 0.15),
    }
    found = {
        name: (floor.k, floor.jitter, floor.precision, floor.level, floor.flip_probability)
        for name, floor in PRIVACY_LEVELS.items()
    }
    assert found == published
    assert list(PRIVACY_LEVELS) == list(published)


def test_privacy_level_is_found_or_refused():
    assert get_privacy_level("high") is PRIVACY_LEVELS["high"]
    with pytest.raises(InputError, match="'extreme' is not known; choose one of low, medium, high"):
        get_privacy_level("extreme")
    with pytest.raises(TypeError):
        PRIVACY_LEVELS["low"] = PRIVACY_LEVELS["high"]  # type: ignore[index]
