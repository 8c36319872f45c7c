"""What a label of a file is likely to mean: expectations are written down by hand."""

from __future__ import annotations

import pytest

from personatwin_sk.domains import get_domain_config
from personatwin_sk.domains._nearest import nearest_label, spelling

COURT = get_domain_config("criminal_justice").event_types
OUTCOMES = ("guilty", "not_guilty", "dismissed", "plea_bargain", "released", "unknown", "medium")
HOSPITAL = get_domain_config("healthcare").event_types
OFFICE = get_domain_config("employment").event_types


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("Pretrial Detention", "pretrial_detention"),
        (" pretrial-detention. ", "pretrial_detention"),
        ("PretrialDetention", "pretrial_detention"),
        ("ARREST", "arrest"),
        ("Señal", "señal"),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1_5"),
        ("--", ""),
    ],
)
def test_spelling(label, written):
    assert spelling(label) == written


@pytest.mark.parametrize(
    ("label", "known", "nearest"),
    [
        ("Arrest", COURT, "arrest"),
        ("arest", COURT, "arrest"),
        ("ARR", COURT, "arrest"),
        ("Sentenced", COURT, "sentencing"),
        ("incarcerated", COURT, "incarceration"),
        ("Booking", COURT, "arrest"),
        ("bench trial", COURT, "trial"),
        ("pretrial", COURT, "pretrial_detention"),
        ("CHG", COURT, "charge"),
        ("convicted", OUTCOMES, "guilty"),
        ("found not guilty", OUTCOMES, "not_guilty"),
        ("NG", OUTCOMES, "not_guilty"),
        ("plea", OUTCOMES, "plea_bargain"),
        ("unk", OUTCOMES, "unknown"),
        ("inpatient", HOSPITAL, "admission"),
        ("ER", HOSPITAL, "emergency_visit"),
        ("Fired", OFFICE, "termination"),
        ("perf. review", OFFICE, "performance_review"),
    ],
)
def test_what_is_meant(label, known, nearest):
    assert nearest_label(label, known) == nearest


@pytest.mark.parametrize(
    ("label", "known"),
    [
        ("lunch", COURT),
        ("x", COURT),
        ("", COURT),
        ("?", COURT),
        (7, COURT),
        ("trial", ()),
        ("not released", ("released",)),
        ("unsuccessful", ("successful",)),
        ("ineligible", ("eligible",)),
        ("non-compliant", ("compliant",)),
        ("compliant", ("non_compliant",)),
        ("not convicted", ("guilty",)),
    ],
)
def test_nothing_is_said_where_nothing_is_near_and_a_negation_is_not_its_opposite(label, known):
    assert nearest_label(label, known) is None


@pytest.mark.parametrize("domain", ["criminal_justice", "healthcare", "education", "employment"])
def test_a_known_label_is_nearest_to_itself(domain):
    known = get_domain_config(domain).event_types
    assert [nearest_label(name.upper().replace("_", " "), known) for name in known] == list(known)
