"""The description of a domain: what it refuses, and that it cannot change."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from personatwin_sk.domains import Domain, DomainConfig, create_custom_config, get_domain_config
from personatwin_sk.exceptions import InputError

CUSTOM = {
    "event_types": ["application", "interview", "hire", "promotion", "exit"],
    "outcomes": ["successful", "unsuccessful", "pending"],
    "sensitive_fields": {"employee_id", "ssn", "salary"},
    "preserve_fields": {"job_level", "department", "performance_rating"},
    "temporal_precision": "month",
    "geographic_precision": "state",
}


def test_custom_config_gives_every_event_type_the_listed_outcomes():
    config = create_custom_config(**CUSTOM)
    assert config.name == "custom"
    assert config.event_types == ("application", "interview", "hire", "promotion", "exit")
    assert dict(config.outcomes) == dict.fromkeys(
        CUSTOM["event_types"], ("successful", "unsuccessful", "pending")
    )
    assert config.sensitive_fields == frozenset({"employee_id", "ssn", "salary"})
    assert config.preserve_fields == frozenset({"job_level", "department", "performance_rating"})
    assert (config.temporal_precision, config.geographic_precision) == ("month", "state")


def test_custom_config_takes_ranges_of_numbers():
    assert dict(create_custom_config(**CUSTOM).numeric_values) == {}
    config = create_custom_config(**CUSTOM, numeric_values={"bonus": [0, 500, 2.5]})
    assert dict(config.numeric_values) == {"bonus": (0, 500, 2.5)}
    with pytest.raises(TypeError):
        config.numeric_values["bonus"] = (0, 1, 1)
    assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize(
    "limits",
    [
        (0, 10),
        (0, 10, 1, 1),
        (10, 0, 1),
        (5, 5, 1),
        (0, 10, 0),
        (0, 10, -1),
        (0, 10, 11),
        (0, float("inf"), 1),
        (0, float("nan"), 1),
        ("0", 10, 1),
        (False, True, 1),
    ],
)
def test_ranges_of_numbers_that_are_none(limits):
    with pytest.raises(InputError, match=r"numeric_values needs \(low, high, step\) for bonus"):
        create_custom_config(**CUSTOM, numeric_values={"bonus": limits})


def test_a_direct_identifier_is_no_number_to_release():
    with pytest.raises(InputError, match="salary cannot be in sensitive_fields and numeric_values"):
        create_custom_config(**CUSTOM, numeric_values={"salary": (0, 10, 1)})


def test_custom_config_takes_outcomes_by_event_type():
    outcomes = {"hire": ["successful"], "exit": ["resigned", "dismissed"]}
    config = create_custom_config(**{**CUSTOM, "outcomes": outcomes})
    assert dict(config.outcomes) == {"hire": ("successful",), "exit": ("resigned", "dismissed")}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"event_types": []}, "event_types is empty"),
        ({"event_types": "hire"}, "event_types must be several texts"),
        ({"event_types": ["hire", "hire", "exit"]}, "event_types names 1 of its texts twice"),
        ({"event_types": ["hire", ""]}, "event_types must hold texts that are not empty"),
        ({"event_types": ["hire", 3]}, "event_types must hold texts"),
        ({"outcomes": "successful"}, "outcomes must be several texts"),
        ({"outcomes": {"hired": ["successful"]}}, "outcomes names hired, which event_types"),
        ({"outcomes": {"hire": ["yes", "yes"]}}, "outcomes names 1 of its texts twice"),
        ({"sensitive_fields": "ssn"}, "sensitive_fields must be several texts"),
        ({"preserve_fields": {"ssn"}}, "ssn cannot be in sensitive_fields and preserve_fields"),
        ({"temporal_precision": "hour"}, "temporal_precision='hour' is not known; choose one of d"),
        ({"geographic_precision": "planet"}, "geographic_precision='planet' is not known"),
    ],
)
def test_custom_config_refuses_in_one_line(changes, message):
    with pytest.raises(InputError, match=message) as caught:
        create_custom_config(**{**CUSTOM, **changes})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first_events": ("nap",)}, "first_events names nap"),
        ({"next_events": {"nap": ("visit",)}}, "next_events names nap"),
        ({"next_events": {"visit": ("nap",)}}, "next_events names nap"),
    ],
)
def test_order_of_unknown_events_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(get_domain_config("healthcare"), **changes)


def test_config_cannot_be_changed():
    config = get_domain_config(Domain.HEALTHCARE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.outcomes["visit"] = ()  # type: ignore[index]
    with pytest.raises(TypeError):
        config.next_events["visit"] = ()  # type: ignore[index]


def test_config_does_not_follow_changes_of_what_it_was_made_from():
    outcomes = {"hire": ["successful"]}
    config = create_custom_config(**{**CUSTOM, "outcomes": outcomes})
    outcomes["hire"].append("pending")
    outcomes["exit"] = ["resigned"]
    assert dict(config.outcomes) == {"hire": ("successful",)}


@pytest.mark.parametrize("again", [lambda c: pickle.loads(pickle.dumps(c)), copy.deepcopy])
def test_config_survives_pickling_and_copying(again):
    config = get_domain_config("employment")
    twin = again(config)
    assert isinstance(twin, DomainConfig)
    assert twin == config
    assert hash(twin) == hash(config)
