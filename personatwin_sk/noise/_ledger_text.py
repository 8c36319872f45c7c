"""The privacy ledger as text and as HTML, from what it says as a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["as_html", "as_text", "ledger_table"]

_HEAD = (
    "step",
    "column",
    "mechanism",
    "epsilon",
    "events per person",
    "claimed",
    "remark",
)


def ledger_table(facts: Mapping[str, Any]) -> list[list[str]]:
    """Give the rows of a ledger in words, after a row of heads.

    Parameters
    ----------
    facts : mapping
        What ``PrivacyLedger.to_dict()`` gives.

    Returns
    -------
    list of list of str
    """
    return [list(_HEAD), *(_cells(row) for row in facts["rows"])]


def as_text(facts: Mapping[str, Any]) -> str:
    """Write a ledger for a terminal."""
    table = ledger_table(facts)
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
    names, *rows = ledger_table(facts)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    rest = "".join(f"<li>{escape(words)}</li>" for words in facts["not_covered"])
    return (
        f"<div><p>{escape(facts['summary'])}</p><table><caption>Privacy ledger</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>Not covered:</p><ul>{rest}</ul></div>"
    )


def _cells(row: Mapping[str, Any]) -> list[str]:
    most = "" if row["max_events"] is None else str(row["max_events"])
    return [
        _step(row["name"], row["step"]),
        row["column"],
        row["mechanism"],
        _epsilon(row),
        most or ("any number" if row["column"] else ""),
        "yes" if row["claimed"] else "no",
        row["remark"],
    ]


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
