"""Charts of what a release keeps, as pictures inside the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personatwin_sk.report._charts import MAIN, OTHER, new_figure, picture
from personatwin_sk.report._words import percent

__all__ = ["disparity_chart", "share_chart"]

_LONGEST = 62  # letters of a label that fit on one line at the width of a phone


def share_chart(labels: Sequence[str], shares: Sequence[float], what: str) -> str:
    """Draw shares as bars from 0 to 100 %.

    Parameters
    ----------
    labels : sequence of str
        What each bar is of.
    shares : sequence of float, shape (len(labels),)
        0 to 1.
    what : str
        What the shares are, for the axis.

    Returns
    -------
    str
        A ``data:`` address of an SVG picture.
    """
    figure, axes = new_figure(height=0.4 * len(labels) + 0.9)
    # By position: two columns may have one name.
    bars = axes.barh(range(len(labels)), [100 * share for share in shares], color=MAIN, height=0.6)
    axes.set_yticks(range(len(labels)), [_cut(label, 24) for label in labels])
    axes.bar_label(bars, [percent(share) for share in shares], padding=3)
    axes.set_xlim(0, 118)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel(what, loc="right")
    axes.invert_yaxis()
    return picture(figure)


def disparity_chart(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw log odds ratios with their intervals, before and after.

    Parameters
    ----------
    rows : sequence of mapping
        `label`, and `original` and `released`, each with `log_odds_ratio`, `low`, `high`.

    Returns
    -------
    str
        A ``data:`` address of an SVG picture.
    """
    figure, axes = new_figure(height=0.62 * len(rows) + 1.1)
    for at, row in enumerate(rows):
        axes.text(
            0,
            at - 0.34,
            _cut(row["label"], _LONGEST),
            transform=axes.get_yaxis_transform(),
            size=8,
            verticalalignment="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        for name, above, color, marker, line in (
            ("original", 0.0, MAIN, "o", "-"),
            ("released", 0.24, OTHER, "s", "--"),
        ):
            found = row[name]
            # Form and line as well as colour tell the two apart.
            axes.plot(
                [found["low"], found["high"]], [at + above] * 2, line, color=color, linewidth=1.5
            )
            axes.plot(
                [found["log_odds_ratio"]],
                [at + above],
                marker,
                color=color,
                markerfacecolor=color if name == "original" else "white",
                label={"original": "Original", "released": "Release"}[name] if not at else None,
            )
    axes.axvline(0, color="#555555", linewidth=1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(rows) - 0.4, -0.7)
    axes.set_xlabel("Log odds ratio with 95 % interval; 0: no disparity", loc="right")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return picture(figure)


def _cut(text: str, most: int) -> str:
    # "$" would start a formula.
    text = text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return text.replace("$", r"\$")
