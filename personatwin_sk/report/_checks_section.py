"""What the report says of checks: Safe Harbor, thresholds, rules, what is sent, and the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from personatwin_sk.noise._ledger_text import ledger_table
from personatwin_sk.report._words import percent

__all__ = ["checks_section", "ledger_section"]

_NOTHING: dict[str, Any] = {
    "harbor": [],
    "harbor_heads": [],
    "harbor_numbers": [],
    "harbor_in_short": "",
    "presets": [],
    "rules": [],
    "sent": [],
    "diversity": [],
}
# Not by colour, nor by words alone.
_SIGNS = {
    "not released": "\N{CHECK MARK}",
    "met": "\N{CHECK MARK}",
    "not met": "\N{MULTIPLICATION SIGN}",
    "not looked for": "?",
}


def checks_section(checks: Mapping[str, Any] | None) -> dict[str, Any]:
    """Put the checks of a release into tables.

    Parameters
    ----------
    checks : mapping or None
        ``facts["checks"]``.

    Returns
    -------
    dict
        What the templates of the sections "checks", "rules", "sent" and "learned" read.
    """
    if checks is None:
        return dict(_NOTHING)
    harbor = checks["safe_harbor"]
    # Only those who hold the data are told what was left out of them.
    counted = any(entry["left_out"] is not None for entry in harbor)
    return {
        "harbor": [
            [
                f"{entry['item']}: {entry['identifier']}",
                f"{_SIGNS[entry['status']]} {entry['status']}",
                entry["finding"],
                *([str(entry["left_out"])] if counted else []),
            ]
            for entry in harbor
        ],
        "harbor_heads": [
            "Identifier",
            "Result",
            "What was found",
            *(["Columns of the data left out"] if counted else []),
        ],
        "harbor_numbers": [3],
        "harbor_in_short": _in_short(harbor),
        "presets": [
            [
                check["name"],
                check["source"],
                percent(check["threshold"]),
                f"{_SIGNS['met']} met" if check["met"] else f"{_SIGNS['not met']} not met",
                " ".join(check["why"]),
            ]
            for check in checks["presets"]
        ],
        "rules": [[rule["rule"], rule["speaks_to"], rule["does_not"]] for rule in checks["rules"]],
        "sent": list(checks["sent"]),
        "diversity": [
            [
                row["column"],
                f"{row['classes']:,}",
                str(row["distinct_l"]),
                f"{row['entropy_l']:.2f}",
                f"{row['t']:.2f}",
                percent(row["top_share"]),
            ]
            for row in checks["diversity"]
        ],
    }


def _in_short(harbor: list[Mapping[str, Any]]) -> str:
    counts = Counter(entry["status"] for entry in harbor)
    failed = [entry["item"] for entry in harbor if entry["status"] == "not met"]
    if not failed and not counts["not looked for"]:
        return f"HIPAA Safe Harbor: none of the {len(harbor)} identifiers was found."
    items = f" ({', '.join(failed)})" if failed else ""
    unseen = f", {counts['not looked for']} not looked for" if counts["not looked for"] else ""
    return f"HIPAA Safe Harbor: {len(failed)} of {len(harbor)} items not met{items}{unseen}."


def ledger_section(ledger: Mapping[str, Any]) -> dict[str, Any]:
    """Put the privacy ledger into a table.

    Parameters
    ----------
    ledger : mapping
        What ``PrivacyLedger.to_dict()`` gives.
    """
    heads, *rows = ledger_table(ledger)
    return {
        "ledger": ledger,
        "ledger_heads": [head.capitalize() for head in heads],
        "ledger_rows": rows,
    }
