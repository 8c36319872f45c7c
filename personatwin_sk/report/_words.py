"""How the report writes figures: for people, and beside them for whoever checks the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from markupsafe import Markup

NOT_TOLD = "not told"


def percent(value: float) -> str:
    """Write a share with three digits, however small it is.

    Examples
    --------
    >>> percent(0.04321), percent(1.0), percent(6.512e-07)
    ('4.32 %', '100 %', '0.0000651 %')
    """
    return f"{_digits(100 * value, 3)} %"


def share(value: float | str) -> str:
    """Write a share; a limit that stands for one is text already.

    Examples
    --------
    >>> share(0.25), share("below 1 %")
    ('25 %', 'below 1 %')
    """
    return value if isinstance(value, str) else percent(value)


def fine_percent(value: float) -> str:
    """Write a figure of neighbours on the frontier, which differ late.

    Examples
    --------
    >>> fine_percent(0.995172)
    '99.52 %'
    """
    return f"{_digits(100 * value, 4)} %"


def _digits(value: float, n: int) -> str:
    # Never "6.5e-05", which most readers cannot read.
    return np.format_float_positional(value, precision=n, fractional=False, trim="-")


def number(value: float) -> str:
    """Write a number: whole ones in full, others with three digits.

    Examples
    --------
    >>> number(31_415), number(0.12345), number(2.0)
    ('31,415', '0.123', '2')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}"


def signed(value: float) -> str:
    """Write a log odds ratio.

    Examples
    --------
    >>> signed(0.256), signed(-1.0)
    ('+0.26', '-1.00')
    """
    return f"{value:+.2f}"


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop.

    Examples
    --------
    >>> sentence("nothing is lost"), sentence("Is it?")
    ('Nothing is lost.', 'Is it?')
    """
    text = text.strip()
    if text and text[-1] not in ".!?":
        text += "."
    return text[:1].upper() + text[1:]


def figure_writer(facts: Mapping[str, Any]) -> Callable[[str, str], Markup]:
    """Give a function that writes a figure so that a program can compare it with ``risk.json``.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives.

    Returns
    -------
    callable
        ``(name, shown) -> markup``: the name is the path of the figure in `facts`, "/" between its
        parts; the value stands in the element as JSON writes it, texts without quotes.

    Examples
    --------
    >>> write = figure_writer({"verdict": {"risk": 0.0432}})
    >>> print(write("verdict/risk", "4.32 %"))
    <data class="figure" data-name="verdict/risk" value="0.0432">4.32 %</data>
    """
    from markupsafe import Markup

    def write(name: str, shown: str) -> Markup:
        value: Any = facts
        for part in name.split("/"):
            value = value[part]
        text = value if isinstance(value, str) else json.dumps(value)
        return Markup('<data class="figure" data-name="{}" value="{}">{}</data>').format(
            name, text, shown
        )

    return write
