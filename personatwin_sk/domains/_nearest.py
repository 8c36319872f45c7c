"""The nearest of some known labels: what "Sentenced", "ARR" or "inpatient" is likely to mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

__all__ = ["nearest_label", "spelling"]

# What files write for labels of the domains that come with the package. These are suggestions, and
# nothing is ever replaced by them without being asked to.
_MEANINGS: dict[str, tuple[str, ...]] = {
    # criminal justice
    "arrest": ("booking", "booked", "apprehension", "taken into custody"),
    "pretrial_detention": ("jail", "jailed", "custody", "remand", "in custody"),
    "release": ("bail", "bailed", "bonded out", "released on bail"),
    "charge": ("filing", "indictment", "indicted", "arraignment", "charged"),
    "hearing": ("court appearance", "court date", "arraigned"),
    "incarceration": ("prison", "imprisonment", "imprisoned", "custodial sentence"),
    "guilty": ("convicted", "conviction", "found guilty", "pleaded guilty", "pled guilty"),
    "not_guilty": ("acquitted", "acquittal", "found not guilty"),
    "dismissed": ("dropped", "nolle prosequi", "nolle", "withdrawn", "discontinued"),
    "plea_bargain": ("plea", "plea deal", "plea agreement"),
    # healthcare
    "visit": ("outpatient", "ambulatory", "office visit", "encounter", "appointment", "wellness"),
    "emergency_visit": ("er", "ed", "emergency", "urgentcare", "urgent care", "casualty"),
    "admission": ("inpatient", "hospitalization", "hospitalisation", "admitted", "admit"),
    "telehealth": ("virtual", "phone visit", "video visit", "telemedicine"),
    "diagnosis": ("dx", "condition", "diagnosed"),
    "surgery": ("operation", "procedure"),
    "treatment": ("tx", "therapy", "medication"),
    "test": ("lab", "laboratory", "imaging", "screening"),
    "deceased": ("died", "dead", "death", "expired"),
    "recovered": ("cured", "resolved", "healed"),
    "declined": ("worse", "worsened", "deteriorated"),
    # education
    "enrollment": ("enrolment", "registration", "registered", "matriculation", "admission"),
    "assessment": ("exam", "examination", "evaluation"),
    "graduation": ("diploma", "degree awarded"),
    "dropout": ("dropped out", "left school"),
    "suspension": ("suspended", "exclusion", "excluded"),
    # social services
    "case_opened": ("intake", "opened", "case open"),
    "case_closed": ("closed", "exit", "case closure"),
    "benefit_received": ("benefit", "payment", "paid benefit", "disbursement"),
    "service_provided": ("service", "referral"),
    "denied": ("rejected", "refused", "not approved", "declined"),
    "approved": ("granted", "accepted", "awarded"),
    # employment
    "hire": ("hired", "onboarding", "start", "joined"),
    "termination": ("fired", "dismissal", "layoff", "exit"),
    "resignation": ("quit", "resigned", "left"),
    "performance_review": ("review", "appraisal", "evaluation"),
    "laid_off": ("redundant", "redundancy"),
    # anywhere
    "successful": ("success", "yes", "passed"),
    "unsuccessful": ("failure", "no", "failed"),
    "completed": ("done", "finished", "complete"),
    "ongoing": ("in progress", "active", "open", "current"),
    "pending": ("awaiting", "undecided"),
}
_NEGATIONS = {"not", "no", "non", "un", "never", "without"}
_NEGATED = re.compile(r"(?:un|in|im|non|not|dis|de)_?")
# Below this a likeness is more often wrong than right.
_ENOUGH = 0.72


def spelling(label: Any) -> str:
    """Write a label as one that has no capitals, spaces or punctuation.

    Parameters
    ----------
    label : object
        Numbers are read as they would be written: 1.0 as "1".

    Returns
    -------
    str

    Examples
    --------
    >>> spelling(" Pretrial-Detention"), spelling("NotGuilty"), spelling(2.0)
    ('pretrial_detention', 'not_guilty', '2')
    """
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    parted = re.sub(r"([a-z0-9])([A-Z][a-z])", r"\1_\2", str(label).strip())
    return re.sub(r"[\W_]+", "_", parted.casefold()).strip("_")


def nearest_label(label: Any, known: Sequence[str]) -> str | None:
    """Give the known label that a label is likely to mean.

    Tried are, in this order of trust: the same spelling; what such files commonly write for it;
    one whose words are all in the label; one of which the label is the beginning, or the initials;
    and the one most alike letter by letter. A negation is never taken for what it negates.

    Parameters
    ----------
    label : object
    known : sequence of str
        In the order that decides where two are equally near.

    Returns
    -------
    str or None
        None where none is near enough to be worth telling.

    Examples
    --------
    >>> known = ["arrest", "trial", "sentencing", "pretrial_detention"]
    >>> [nearest_label(label, known) for label in ("ARR", "Sentenced", "Booking", "lunch")]
    ['arrest', 'sentencing', 'arrest', None]
    >>> nearest_label("unsuccessful", ["successful"]) is None
    True
    """
    words = spelling(label)
    if not words:
        return None
    best, best_score = None, _ENOUGH
    for candidate in known:
        score = _likeness(words, candidate)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _likeness(words: str, known: str) -> float:
    target = spelling(known)
    if words == target:
        return 1.0
    if words in {spelling(meaning) for meaning in _MEANINGS.get(known, ())}:
        return 0.98
    of_label, of_known = words.split("_"), target.split("_")
    if len(of_known) > 1 and words.replace("_", "") == "".join(word[0] for word in of_known):
        return 0.80
    if _negates(words, target):
        return 0.0
    if set(of_known) <= set(of_label):
        # The longest that is in it: "found not guilty" is not_guilty before it is guilty.
        return 0.90 + 0.01 * min(len(of_known), 5)
    stems = {_stem(word) for word in of_label}
    if {_stem(word) for word in of_known} <= stems:
        return 0.88
    if len(words) >= 3 and target.startswith(words):
        return 0.86 - 0.001 * (len(target) - len(words))
    if len(words) >= 4 and set(of_label) <= set(of_known):
        return 0.78
    if _is_without_vowels(words, target):
        return 0.75
    return SequenceMatcher(None, words, target, autojunk=False).ratio()


def _is_without_vowels(words: str, target: str) -> bool:
    """Tell whether a label is an abbreviation such as "chg"."""
    if len(words) < 3 or words[0] != target[0] or set(words[1:]) & set("aeiou_"):
        return False
    letters = iter(target)
    return all(letter in letters for letter in words)


def _stem(word: str) -> str:
    """Cut off endings: "sentenced" and "sentencing" are of one stem."""
    stem = re.sub(r"(?:ations?|ments?|ings?|ions?|als?|ed|es|s|e)$", "", word)
    return stem if len(stem) >= 4 else word


def _negates(words: str, target: str) -> bool:
    if bool(_NEGATIONS & set(words.split("_"))) != bool(_NEGATIONS & set(target.split("_"))):
        return True
    longer, shorter = sorted((words, target), key=len, reverse=True)
    head = longer.removesuffix(shorter)
    return head != longer and _NEGATED.fullmatch(head) is not None
