"""Direct identifiers recognised by the name of their column."""

from __future__ import annotations

import re

__all__ = ["identifier_in_name"]

_PERSON = (
    "first|middle|last|full|given|family|maiden|birth|legal|preferred|display|nick|sur|fore|christian"
    "|patient|person|people|subject|participant|respondent|defendant|plaintiff|offender|inmate|victim"
    "|suspect|witness|arrestee|prisoner|officer|attorney|lawyer|judge|student|pupil|teacher|employee"
    "|worker|applicant|candidate|manager|supervisor|client|customer|member|user|account|login|mother"
    "|father|parent|guardian|spouse|partner|child|contact|owner|doctor|physician|clinician|nurse"
    "|caseworker|recipient|beneficiary|citizen|voter"
)
_NUMBER = "(?:_(?:number|numbers|num|no|nr|nbr|id|ids|code))?"

# Tried in this order on names such as "patient_first_name"; `fullmatch`, so that "event_name" and
# "statement" are left alone.
_PATTERNS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (
            r"(?:.+_)?(?:e_?mail|email)(?:_(?:address|addr|id|\d+))?s?",
            "e-mail address",
        ),
        (
            r"(?:.+_)?(?:ip|mac)(?:_?(?:address|addr|v4|v6))|ip|ipv4|ipv6",
            "address of a machine",
        ),
        (
            r"(?:.+_)?(?:url|uri|website|web_?site|homepage|web_address|web_page)s?",
            "web address",
        ),
        (
            rf"(?:.+_)?(?:ssn|ssno|soc_sec|social_security|social_insurance|sin){_NUMBER}"
            r"|(?:.+_)?ss_(?:number|num|no|nr)",
            "Social Security number",
        ),
        (
            rf"(?:.+_)?(?:national|citizen|tax|taxpayer|identity|fiscal)_(?:id|identification|card)"
            rf"{_NUMBER}|(?:itin|tin|nino|nhs){_NUMBER}",
            "identity number",
        ),
        (rf"(?:.+_)?passport{_NUMBER}", "passport number"),
        (
            rf"(?:.+_)?(?:mrn|(?:medical|health|patient|chart)_?(?:record|card|plan){_NUMBER})s?",
            "medical record number",
        ),
        (
            r"(?:.+_)?(?:(?:health_plan_)?beneficiary|insurance|policy|medicare|medicaid|subscriber)"
            r"_(?:number|num|no|id)",
            "insurance number",
        ),
        (
            rf"(?:.+_)?(?:account|acct|iban|bank_account|credit_card|card|routing){_NUMBER}",
            "account number",
        ),
        (
            rf"(?:.+_)?(?:licen[cs]e|licen[cs]e_plate|number_plate|plate|registration_plate"
            rf"|certificate|vin|vehicle_identification){_NUMBER}|dl_(?:number|no)",
            "licence or vehicle number",
        ),
        (
            r"(?:.+_)?(?:device|serial|imei|imsi|advertising)_(?:id|number|num|no)|imei|imsi|udid",
            "number of a device",
        ),
        (
            r"(?:.+_)?(?:telephone|phone|mobile|cell|cellphone|fax|pager|tel|landline)"
            r"(?:_?(?:number|num|no|nr|nbr|home|work|day|evening|\d+))*s?",
            "telephone number",
        ),
        (
            r"(?:.+_)?(?:dob|date_?of_?birth|birth_?(?:date|day)|born_on)",
            "date of birth",
        ),
        (
            r"(?:.+_)?(?:address|addr|street|street_name|house_(?:number|no)|apartment|apt|po_box)"
            r"(?:_?(?:line|street)?_?\d*)",
            "street address",
        ),
        (
            r"(?:.+_)?(?:fingerprint|biometric|retina|iris_scan|voice_?print|face_?(?:image|id)"
            r"|photo|photograph|mug_?shot|signature)s?",
            "biometric or picture",
        ),
        (
            r"(?:.+_)?(?:twitter|facebook|instagram|linkedin|social_media|screen)_?"
            r"(?:handle|name|id|user)?|handle|alias|aliases|aka",
            "name in a network",
        ),
        (
            rf"names?|(?:.+_)?(?:{_PERSON})_?names?(?:_?(?:first|last|middle|full|\d+))?"
            rf"|names?_(?:{_PERSON})|(?:.+_)?initials|(?:.+_)?(?:username|nickname)"
            r"|fname|lname|mname|firstname|lastname",
            "name of a person",
        ),
    )
)

# "phone_type" says nothing about who somebody is.
_QUALIFIER = re.compile(
    r".+_(?:type|kind|status|category|class|count|flag|score|verified|known|opt_in|consent|valid)"
)


def identifier_in_name(name: str) -> str | None:
    """Return which direct identifier a column's name promises, or None.

    Examples
    --------
    >>> identifier_in_name("Full Name"), identifier_in_name("homePhone")
    ('name of a person', 'telephone number')
    >>> [identifier_in_name(name) for name in ("person_id", "event_name", "age", "phone_type")]
    [None, None, None, None]
    """
    # "homePhone" and "SSNumber" fall into words before case is dropped.
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name.strip())
    words = re.sub(r"[^a-z0-9]+", "_", parted.casefold()).strip("_")
    if _QUALIFIER.fullmatch(words):
        return None
    return next((kind for pattern, kind in _PATTERNS if pattern.fullmatch(words)), None)
