"""The report's charts, as pictures inside the page.

Each chart stands beside a table of the same figures, and no colour is the only cue.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

from personatwin_sk.report._words import percent

# Two colours that people with any colour vision tell apart, also in grey (Okabe and Ito).
MAIN, OTHER = "#0072b2", "#d55e00"
_STYLE: Any = {
    "svg.fonttype": "path",  # looks the same, and fits, whatever fonts a reader has
    "svg.hashsalt": "personatwin",  # the same figures give the same bytes
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def risk_chart(labels: Sequence[str], shares: Sequence[float], target: float) -> str:
    """Draw risks as bars beside the target.

    Parameters
    ----------
    labels : sequence of str
        What each bar is of.
    shares : sequence of float, shape (len(labels),)
        Risks, 0 to 1.
    target : float
        Where the target's line stands.

    Returns
    -------
    str
        A ``data:`` address of an SVG picture.
    """
    figure, axes = new_figure(height=0.55 * len(labels) + 0.9)
    widths = [100 * share for share in shares]
    bars = axes.barh(labels, widths, color=MAIN, height=0.6)
    texts = axes.bar_label(bars, [percent(share) for share in shares], padding=3)
    for text in texts:  # the target's line must not strike out a figure
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.axvline(100 * target, color=OTHER, linestyle="--", linewidth=1.5)
    axes.set_xlim(0, 1.2 * max([*widths, 100 * target]))
    axes.set_xlabel(f"Deciding risk, %; dashed: target, {100 * target:g} %", loc="right")
    axes.invert_yaxis()
    return picture(figure)


def size_chart(labels: Sequence[str], counts: Sequence[int]) -> str:
    """Draw how many personas there are of each size.

    Parameters
    ----------
    labels : sequence of str
        Ranges of sizes.
    counts : sequence of int, shape (len(labels),)
        Personas in each.

    Returns
    -------
    str
        A ``data:`` address of an SVG picture.
    """
    figure, axes = new_figure(height=0.4 * len(labels) + 0.9)
    bars = axes.barh(labels, counts, color=MAIN, height=0.7)
    axes.bar_label(bars, padding=3)
    axes.set_xlim(0, 1.15 * max(counts))
    axes.set_xlabel("Personas")
    axes.set_ylabel("People in a persona")
    axes.invert_yaxis()
    return picture(figure)


def frontier_chart(
    risks: Sequence[float],
    utilities: Sequence[float],
    target: float,
    *,
    knee: int | None = None,
    chosen: int | None = None,
) -> str:
    """Draw how much usefulness each risk buys.

    Parameters
    ----------
    risks, utilities : sequence of float, shape (n_settings,)
        Of the settings on the frontier, from the safest on; 0 to 1.
    target : float
        Where the target's line stands.
    knee, chosen : int, optional
        The settings to mark.

    Returns
    -------
    str
        A ``data:`` address of an SVG picture.
    """
    from personatwin_sk.model_selection import RiskUtilityDisplay

    figure, axes = new_figure(height=3.2)
    RiskUtilityDisplay(
        risk=[100 * risk for risk in risks],
        utility=[100 * utility for utility in utilities],
        frontier=range(len(risks)),
        knee=knee,
        chosen=chosen,
        target_risk=100 * target,
    ).plot(axes, scatter_kw={"label": None})
    axes.set_xlabel("Deciding risk, %")
    axes.set_ylabel("Information kept, %")
    return picture(figure)


def new_figure(height: float) -> tuple[Any, Any]:
    """Give a figure so many inches high, and its axes.

    Parameters
    ----------
    height : float
    """
    # The object-oriented interface: pyplot would keep state and may look for a screen.
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        # Narrow, so that letters are still legible on the width of a phone.
        figure = Figure(figsize=(4.8, height), layout="constrained")
        return figure, figure.subplots()


def picture(figure: Any) -> str:
    """Give a figure as a ``data:`` address of an SVG picture.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    """
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
