"""Fills the report's page with the published figures of a release."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from personatwin_sk.exceptions import InputError
from personatwin_sk.report import _words as words
from personatwin_sk.report._checks_section import checks_section, ledger_section
from personatwin_sk.report._kept_section import disparities_in_words, kept_section
from personatwin_sk.report._risk_section import risk_section, sizes_section
from personatwin_sk.report._run_section import files_table, search_section, settings_table
from personatwin_sk.report._shareable import VARIANTS, shareable_facts, smallest_count

if TYPE_CHECKING:
    import jinja2

_EXTRA = ("jinja2", "matplotlib")

_LEVELS = {
    "SAFE_FOR_PUBLIC_RELEASE": {"name": "public release", "limit": "at most 1 %"},
    "SAFE_FOR_RESEARCH": {"name": "research use", "limit": "at most 5 %"},
    "INTERNAL_USE_ONLY": {"name": "internal use only", "limit": "at most 15 %"},
    "UNSAFE": {"name": "not to be released", "limit": "above 15 %"},
}
_TITLES = {
    "attacker": "Against whom",
    "done": "What was done",
    "search": "How the setting was chosen",
    "risk": "Risk before and after",
    "sizes": "Sizes of personas",
    "attack": "An attack that was tried",
    "kept": "What is kept",
    "disparities": "Disparities between groups",
    "learned": "What can be learned without recognising anybody",
    "checks": "Checks",
    "rules": "Rules that these figures speak to",
    "ledger": "Privacy ledger",
    "sent": "What was sent where",
    "sources": "Sources of population figures",
    "limits": "Limits",
    "remarks": "Remarks on the data",
    "versions": "Versions",
    "signature": "Signed off by",
}


def require_extra() -> None:
    """See that what the report needs is installed.

    Raises
    ------
    InputError
        If it is not; the message says how to install it.
    """
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"The report needs {' and '.join(missing)}; install them with "
            "pip install 'personatwin_sk[report]', or do without the report (--no-report)"
        )


def render_report(
    facts: Mapping[str, Any],
    class_sizes: np.ndarray,
    *,
    variant: str = "internal",
    files: Mapping[str, Any] | None = None,
) -> str:
    """Write the report of a release.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives; the report says nothing else.
    class_sizes : numpy.ndarray of int64, shape (n_personas,)
        People of each persona.
    variant : {"internal", "shareable"}, default="internal"
        For those who hold the data, or for everybody: without counts of fewer people than the
        smallest class or 10, remarks on the data, the log of the search, names of dropped columns
        and counts of the data as they came.
    files : mapping, optional
        The files of the release by name, each with `sha256` and `rows`, to be listed.

    Returns
    -------
    str
        A whole HTML page: no script, no outside address.

    Raises
    ------
    InputError
        If there is no such variant, or the extra ``report`` is not installed.
    """
    if variant not in VARIANTS:
        raise InputError(f"variant={variant!r} is not known; choose 'internal' or 'shareable'")
    require_extra()
    figure = words.figure_writer(facts)
    least = 0
    if variant == "shareable":
        least = smallest_count(facts)
        facts = shareable_facts(facts, least)
    risk = risk_section(facts, figure)
    kept = kept_section(facts["kept"])
    checks = checks_section(facts["checks"])
    context: dict[str, Any] = {
        "facts": facts,
        "figure": figure,
        "variant": variant,
        "least": least,
        "verdict": facts["verdict"],
        "level": _LEVELS[facts["verdict"]["level"]],
        "counts": facts["counts"],
        "settings": settings_table(facts["settings"]),
        "files": files_table(files),
        **risk,
        **search_section(facts),
        **sizes_section(class_sizes, least),
        **checks,
        **ledger_section(facts["privacy_ledger"]),
        "kept": kept,
        "disparity_words": disparities_in_words(kept),
    }
    context["least_people"] = min(
        (part["least_people"] for part in (kept, risk["histories"]) if part), default=None
    )
    context["in_short"] = _in_short(context)
    context["sections"] = [
        {"name": name, "title": title} for name, title in _TITLES.items() if _is_told(name, context)
    ]
    environment = _environment()
    context["macros"] = environment.get_template("macros.html.j2").module
    return environment.get_template("page.html.j2").render(context)


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("personatwin_sk.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = words.percent
    environment.filters["share"] = words.share
    environment.filters["number"] = words.number
    return environment


def _is_told(name: str, context: Mapping[str, Any]) -> bool:
    """Tell whether there is anything to say in a section."""
    needed = {
        "search": context["stages"],
        "disparities": context["kept"] and context["kept"]["disparities"],
        "learned": context["diversity"],
        "checks": context["harbor"],
        "rules": context["rules"],
        "sent": context["sent"],
        "remarks": context["facts"]["notes"],
    }
    return bool(needed.get(name, True))


def _in_short(context: Mapping[str, Any]) -> list[Any]:
    """Say the most important things in a line each."""
    import markupsafe

    figure, release, facts = context["figure"], context["release"], context["facts"]
    told = [
        markupsafe.Markup("Every persona stands for at least {} people.").format(
            figure("risk/release/k_anonymity", words.number(release["k_anonymity"]))
        ),
        f"{words.percent(facts['utility']['release'])} of the information is kept.",
    ]
    if context["attack"]:
        told.append(context["attack"]["in_short"])
    if context["disparity_words"]:
        told.append(context["disparity_words"])
    if context["harbor"]:
        told.append(context["harbor_in_short"])
    return told
