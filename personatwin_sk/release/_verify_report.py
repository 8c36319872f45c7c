"""Holds the report of a release to risk.json, and sees that nothing foreign is in it."""

from __future__ import annotations

import difflib
import importlib.util
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import numpy as np

from personatwin_sk._version import __version__
from personatwin_sk.release._checks import Facts, Malformed

__all__ = ["is_comparable", "report_problems", "text_problems"]

# A report that lacks one of these is none.
_ALWAYS = (
    "verdict/risk",
    "verdict/target_risk",
    "verdict/level",
    "counts/personas",
    "counts/released_people",
    "risk/release/k_anonymity",
)
_VARIANTS = ("internal", "shareable")
# Elements by which a page runs or loads something; a report has none of them.
_ACTIVE = {"script", "iframe", "object", "embed", "applet", "base", "form", "link", "portal"}
_ADDRESSES = {"href", "src", "xlink:href", "action", "formaction", "poster", "srcset", "data"}
_SHOWN = re.compile(r"(-?\d[\d,\u202f\u00a0 ]*(?:\.\d+)?)(?:e([+-]?\d+))?\s*(%)?")
# Charts differ from one matplotlib to another.
_CHART = re.compile(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]*")
_CLOSE = 1e-9


@dataclass
class _Figure:
    """A figure of the page: its path in risk.json, its value, and what is shown of it."""

    name: str
    value: str
    shown: str = ""


class _Page(HTMLParser):
    """Reads figures, and counts what a report must not have."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.figures: list[_Figure] = []
        self.variants: list[str | None] = []
        self.foreign = 0
        self._open: _Figure | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.foreign += tag in _ACTIVE or (tag == "meta" and told.get("http-equiv") == "refresh")
        for name, value in attrs:
            address = (value or "").strip().lower()
            outside = name in _ADDRESSES and not address.startswith(("#", "data:image/"))
            self.foreign += outside or name.startswith("on") or "javascript:" in address
        if tag == "main":
            self.variants.append(told.get("data-variant"))
        if tag == "data" and told.get("data-name") is not None:
            self._open = _Figure(str(told["data-name"]), str(told.get("value")))
            self.figures.append(self._open)

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.shown += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "data":
            self._open = None


def report_problems(content: bytes, risk: Facts) -> list[str]:
    """List what of a report is not what risk.json says, or does not belong there.

    Parameters
    ----------
    content : bytes
        The page.
    risk : Facts
        What risk.json says.

    Returns
    -------
    list of str
        Names of figures and counts.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ["report.html is not UTF-8"]
    page = _Page()
    page.feed(text)
    page.close()
    problems = []
    if len(page.variants) != 1 or page.variants[0] not in _VARIANTS:
        problems.append("report.html does not say which of its variants it is")
    missing = [name for name in _ALWAYS if name not in {one.name for one in page.figures}]
    if missing:
        problems.append(f"report.html lacks {', '.join(missing)}")
    wrong = dict.fromkeys(one.name for one in page.figures if not _agrees(one, risk))
    known = [name for name in wrong if _found(risk, name) is not None]
    if known:
        problems.append(f"report.html says otherwise than risk.json: {', '.join(known)}")
    if len(wrong) > len(known):
        problems.append(f"report.html has {len(wrong) - len(known)} figures that risk.json lacks")
    if page.foreign:
        problems.append(f"report.html runs or loads something in {page.foreign} places")
    return problems


def is_comparable(risk: Facts) -> bool:
    """Tell whether the report can be made again here: with its version, and what it needs."""
    found = (importlib.util.find_spec(name) for name in ("jinja2", "matplotlib"))
    return _found(risk, "versions/personatwin_sk") == __version__ and all(found)


def text_problems(content: bytes, risk: Facts, class_sizes: np.ndarray) -> list[str]:
    """Make the report again from risk.json, and count the lines that differ, charts apart.

    Parameters
    ----------
    content : bytes
        A page of which `report_problems` has nothing to say.
    risk : Facts
    class_sizes : numpy.ndarray of int64, shape (n_personas,)

    Raises
    ------
    Malformed
        If risk.json lacks something that the report tells.
    """
    import jinja2

    # Imported here: jinja2 and matplotlib are an extra, and slow to load.
    from personatwin_sk.report import render_report

    text = content.decode("utf-8")
    page = _Page()
    page.feed(text)
    facts = risk.mapping()
    try:
        again = render_report(
            facts, class_sizes, variant=str(page.variants[0]), files=risk.mapping("files")
        )
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Malformed("risk.json lacks something that its report tells") from error
    except jinja2.TemplateError as error:
        raise Malformed("risk.json lacks something that its report tells") from error
    expected, found = (_CHART.sub("", one).splitlines() for one in (again, text))
    differing = [line for line in difflib.ndiff(expected, found) if line[:2] in ("- ", "+ ")]
    added = sum(line.startswith("+") for line in differing)
    n_lines = max(added, len(differing) - added)
    return [f"{n_lines} lines of report.html are not what risk.json gives"] if n_lines else []


def _found(risk: Facts, name: str) -> Any:
    """Give what risk.json has under a name, None where there is nothing."""
    found = risk.document
    for key in name.split("/"):
        if isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, Mapping) and key in found:
            found = found[key]
        else:
            return None
    return found


def _agrees(figure: _Figure, risk: Facts) -> bool:
    expected = _found(risk, figure.name)
    if isinstance(expected, str):
        return figure.value == expected
    if isinstance(expected, bool) or not isinstance(expected, int | float):
        return False
    try:
        value = json.loads(figure.value)
    except ValueError:
        return False
    same = isinstance(value, int | float) and not isinstance(value, bool)
    same = same and math.isclose(value, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return same and _is_shown(figure.shown, float(expected))


def _is_shown(shown: str, value: float) -> bool:
    """Tell whether the number that a reader sees is the value, as finely as it is written."""
    found = _SHOWN.search(shown)
    if found is None:
        return True  # in words
    digits = re.sub(r"[,\s]", "", found[1])
    places = len(digits.partition(".")[2])
    power = int(found[2] or 0) - (2 if found[3] else 0)
    written = float(digits) * 10.0**power
    rounding = 0.5 * 10.0 ** (power - places)
    if re.search(r"below|under|less than|<|≤|at most", shown[: found.start()]):
        return value <= written + 1e-12
    if re.search(r"above|over|more than|>|≥|at least", shown[: found.start()]):
        return value >= written - 1e-12
    return abs(written - value) <= rounding * (1 + _CLOSE) + 1e-12
