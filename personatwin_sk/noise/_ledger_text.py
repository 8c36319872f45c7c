"""The privacy ledger as text and as HTML, from what it says as a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["LEDGER_COLUMNS", "as_html", "as_text", "cells"]

LEDGER_COLUMNS = (
    "step",
    "column",
    "mechanism",
    "epsilon",
    "events per person",
    "claimed",
    "remark",
)


def cells(row: Mapping[str, Any]) -> list[str]:
    """Give the cells of one row, under `LEDGER_COLUMNS`.

    Parameters
    ----------
    row : mapping
        One of the rows of ``PrivacyLedger.to_dict()``.
    """
    return [
        _step(row["name"], row["step"]),
        row["column"],
        row["mechanism"],
        _epsilon(row),
        "any number" if row["max_events"] is None and row["column"] else _or_dash(row),
        "yes" if row["claimed"] else "no",
        row["remark"],
    ]


def as_text(facts: Mapping[str, Any]) -> str:
    """Write a ledger for a terminal."""
    table = [list(LEDGER_COLUMNS), *(cells(row) for row in facts["rows"])]
    # The last column is as wide as it likes.
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    lines = ["PrivacyLedger", facts["summary"], ""]
    for row in table:
        padded = [text.ljust(width) for text, width in zip(row[:-1], widths, strict=True)]
        lines.append("  ".join([*padded, row[-1]]).rstrip())
    lines += ["", "Not covered:", *(f"- {words}" for words in facts["not_covered"])]
    return "\n".join(lines)


def as_html(facts: Mapping[str, Any]) -> str:
    """Write a ledger for a notebook."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in LEDGER_COLUMNS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in cells(row)) + "</tr>"
        for row in facts["rows"]
    )
    rest = "".join(f"<li>{escape(words)}</li>" for words in facts["not_covered"])
    return (
        f"<div><p>{escape(facts['summary'])}</p><table><caption>Privacy ledger</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>Not covered:</p><ul>{rest}</ul></div>"
    )


def _step(name: str, kind: str) -> str:
    return name if name == kind else f"{name} ({kind})"


def _epsilon(row: Mapping[str, Any]) -> str:
    if row["epsilon"] is None:
        return "none"
    words = f"{row['epsilon']:.6g} per {row['per']}"
    if row["per"] == "value":
        return words
    if row["span"] is None:
        return f"{words}, no public range"
    return f"{words}, {row['span']} {row['per']}{'' if row['span'] == 1 else 's'}"


def _or_dash(row: Mapping[str, Any]) -> str:
    return "" if row["max_events"] is None else str(row["max_events"])
