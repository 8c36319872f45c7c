"""The domains that come with the package.

Each is written as one table, event type -> (outcomes, types that can come directly after it), so
that no list can disagree with another. The types and outcomes are those of the original
PersonaTwin, and those that public court and hospital files use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from personatwin_sk.domains._config import Domain, DomainConfig
from personatwin_sk.exceptions import InputError

# Columns that identify somebody directly wherever they appear.
_IDENTIFIERS = frozenset(
    {
        "name",
        "full_name",
        "first_name",
        "middle_name",
        "last_name",
        "ssn",
        "social_security_number",
        "date_of_birth",
        "dob",
        "birth_date",
        "address",
        "street_address",
        "email",
        "phone",
        "phone_number",
        "drivers_license",
        "passport_number",
        "license_plate",
        "ip_address",
        "photo",
    }
)

# What a release of any domain keeps: the usual columns that are not ids. A release keeps no more
# unless its user names more, because each kept column is one more that an attacker may know.
_KEPT = frozenset({"age", "gender", "ethnicity", "geography", "date", "event_type", "outcome"})

_Events = dict[str, tuple[str, str]]

_CRIMINAL_JUSTICE: _Events = {
    "arrest": (
        "charged released felony misdemeanor other",
        "screening pretrial_detention charge",
    ),
    "screening": ("low medium high unknown", "pretrial_detention release charge"),
    "pretrial_detention": ("detained", "screening release charge"),
    "release": ("released", "screening charge"),
    "charge": ("filed reduced plea_bargain dismissed", "hearing trial sentencing"),
    "hearing": ("continued held dismissed plea_bargain", "hearing trial sentencing"),
    "trial": ("guilty not_guilty plea_bargain dismissed mistrial", "sentencing appeal"),
    "sentencing": ("probation incarceration fine suspended", "probation incarceration appeal"),
    "probation": ("completed violated ongoing", "sentencing"),
    "incarceration": ("served ongoing", "parole"),
    "parole": ("completed violated ongoing", "incarceration"),
    "appeal": ("affirmed reversed remanded", "trial probation incarceration"),
}

_HEALTHCARE: _Events = {
    "visit": ("completed ongoing improved stable declined", "diagnosis test visit"),
    "telehealth": ("completed ongoing improved stable declined", "visit diagnosis test"),
    "emergency_visit": (
        "completed ongoing admitted improved stable declined deceased",
        "admission visit diagnosis",
    ),
    "admission": (
        "completed ongoing admitted transferred",
        "diagnosis surgery treatment discharge",
    ),
    "diagnosis": ("confirmed suspected ruled_out", "treatment surgery discharge visit"),
    "test": ("positive negative inconclusive", "diagnosis visit"),
    "treatment": (
        "recovered improved stable declined ongoing",
        "treatment discharge visit surgery",
    ),
    "surgery": ("recovered improved stable declined deceased", "treatment discharge"),
    "discharge": ("recovered improved stable declined transferred deceased", "visit"),
}

_EDUCATION: _Events = {
    "enrollment": ("enrolled waitlisted", "assessment grade transfer"),
    "assessment": ("passed failed incomplete", "assessment grade intervention suspension"),
    "grade": ("promoted passed failed retained", "assessment graduation transfer dropout"),
    "intervention": ("completed ongoing declined", "assessment grade"),
    "suspension": ("served appealed expelled", "assessment grade intervention"),
    "transfer": ("completed", "enrollment"),
    "graduation": ("graduated", ""),
    "dropout": ("withdrawn", ""),
}

_SOCIAL_SERVICES: _Events = {
    "application": ("approved denied pending withdrawn", "case_opened appeal"),
    "appeal": ("approved denied", "case_opened"),
    "case_opened": ("active referred", "assessment benefit_received service_provided"),
    "assessment": (
        "eligible ineligible high_need",
        "benefit_received service_provided case_closed",
    ),
    "benefit_received": ("paid reduced stopped", "benefit_received review case_closed"),
    "service_provided": ("completed ongoing declined", "service_provided review case_closed"),
    "review": ("compliant non_compliant", "benefit_received service_provided sanction case_closed"),
    "sanction": ("imposed waived", "benefit_received service_provided case_closed"),
    "case_closed": ("completed moved non_compliant", ""),
}

_EMPLOYMENT: _Events = {
    "application": ("successful unsuccessful withdrawn", "interview"),
    "interview": ("successful unsuccessful", "hire"),
    "hire": ("successful", "training performance_review resignation"),
    "training": ("completed incomplete", "performance_review training"),
    "performance_review": (
        "exceeds meets below",
        "performance_review training promotion warning termination resignation retirement",
    ),
    "promotion": ("promoted declined", "training performance_review resignation retirement"),
    "warning": ("written final", "performance_review training termination"),
    "termination": ("terminated laid_off", ""),
    "resignation": ("resigned", ""),
    "retirement": ("retired", ""),
}

# Numbers that belong to events: column -> (smallest possible, largest possible, step). Durations in
# days, unless the name says otherwise, and amounts of money in whole units. The ends are wide, for
# what they do not hold is clamped, and rest on the kind of number alone, never on any table.
_Numbers = dict[str, tuple[float, float, float]]
_CENTURY = 36_525

_CRIMINAL_JUSTICE_NUMBERS: _Numbers = {
    "sentence_length_days": (0, _CENTURY, 1),
    "sentence_length_months": (0, 1_200, 1),
    "probation_length_days": (0, _CENTURY, 1),
    "detention_days": (0, 3_653, 1),
    "bail_amount": (0, 1_000_000, 100),
    "fine_amount": (0, 100_000, 10),
    "community_service_hours": (0, 2_000, 1),
}
_HEALTHCARE_NUMBERS: _Numbers = {
    "length_of_stay": (0, 365, 1),
    "length_of_stay_days": (0, 365, 1),
    "total_charges": (0, 1_000_000, 100),
    "pain_score": (0, 10, 1),
}
_EDUCATION_NUMBERS: _Numbers = {
    "score": (0, 100, 1),
    "test_score": (0, 100, 1),
    "gpa": (0, 5, 0.1),
    "credits": (0, 60, 1),
    "days_absent": (0, 366, 1),
    "suspension_days": (0, 366, 1),
}
_SOCIAL_SERVICES_NUMBERS: _Numbers = {
    "benefit_amount": (0, 10_000, 10),
    "days_in_care": (0, 7_305, 1),
    "service_hours": (0, 1_000, 1),
    "need_score": (0, 100, 1),
}
_EMPLOYMENT_NUMBERS: _Numbers = {
    "salary": (0, 1_000_000, 1_000),
    "bonus": (0, 1_000_000, 100),
    "training_hours": (0, 1_000, 1),
    "performance_score": (0, 100, 1),
}


def _config(
    domain: Domain,
    events: _Events,
    numbers: _Numbers,
    *,
    first: str,
    identifiers: str,
    temporal_precision: str,
    geographic_precision: str,
) -> DomainConfig:
    return DomainConfig(
        name=domain.value,
        event_types=tuple(events),
        outcomes={name: tuple(outcomes.split()) for name, (outcomes, _) in events.items()},
        sensitive_fields=_IDENTIFIERS | set(identifiers.split()),
        preserve_fields=_KEPT,
        temporal_precision=temporal_precision,
        geographic_precision=geographic_precision,
        first_events=tuple(first.split()),
        next_events={name: tuple(after.split()) for name, (_, after) in events.items()},
        numeric_values=numbers,
    )


_CONFIGS: Mapping[Domain, DomainConfig] = MappingProxyType(
    {
        Domain.CRIMINAL_JUSTICE: _config(
            Domain.CRIMINAL_JUSTICE,
            _CRIMINAL_JUSTICE,
            _CRIMINAL_JUSTICE_NUMBERS,
            first="arrest screening charge",
            identifiers="case_number docket_number booking_number inmate_id fbi_number mugshot",
            temporal_precision="week",
            geographic_precision="city",
        ),
        Domain.HEALTHCARE: _config(
            Domain.HEALTHCARE,
            _HEALTHCARE,
            _HEALTHCARE_NUMBERS,
            first="visit telehealth emergency_visit admission",
            identifiers="mrn medical_record_number patient_name insurance_id member_id device_id",
            temporal_precision="month",
            geographic_precision="county",
        ),
        Domain.EDUCATION: _config(
            Domain.EDUCATION,
            _EDUCATION,
            _EDUCATION_NUMBERS,
            first="enrollment",
            identifiers="student_id student_number student_name guardian_name parent_name",
            temporal_precision="month",
            geographic_precision="county",
        ),
        Domain.SOCIAL_SERVICES: _config(
            Domain.SOCIAL_SERVICES,
            _SOCIAL_SERVICES,
            _SOCIAL_SERVICES_NUMBERS,
            first="application",
            identifiers="case_number client_id client_name benefit_card_number caseworker_name",
            temporal_precision="month",
            geographic_precision="county",
        ),
        Domain.EMPLOYMENT: _config(
            Domain.EMPLOYMENT,
            _EMPLOYMENT,
            _EMPLOYMENT_NUMBERS,
            first="application hire",
            identifiers="employee_id employee_number employee_name manager_name bank_account",
            temporal_precision="month",
            geographic_precision="city",
        ),
        # Says nothing of its own: anything goes that the privacy level lets through.
        Domain.CUSTOM: _config(
            Domain.CUSTOM,
            {},
            {},
            first="",
            identifiers="",
            temporal_precision="day",
            geographic_precision="address",
        ),
    }
)


def get_domain_config(domain: str | Domain | DomainConfig) -> DomainConfig:
    """Return what is known of a domain.

    Parameters
    ----------
    domain : str, Domain or DomainConfig
        Name ("criminal_justice", "healthcare", "education", "social_services", "employment" or
        "custom"), member of `Domain`, or a description, which comes back as it is.

    Returns
    -------
    DomainConfig
        The description.

    Raises
    ------
    InputError
        If there is no such domain.

    Examples
    --------
    >>> from personatwin_sk.domains import get_domain_config
    >>> get_domain_config("education").first_events
    ('enrollment',)
    """
    if isinstance(domain, DomainConfig):
        return domain
    try:
        return _CONFIGS[Domain(domain)]
    except ValueError:
        known = ", ".join(member.value for member in Domain)
        raise InputError(f"domain={domain!r} is not known; choose one of {known}") from None
