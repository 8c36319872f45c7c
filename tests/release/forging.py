"""What somebody does who changes the files of a release and knows of its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from personatwin_sk.release import Verification


def rewrite_manifest(folder: Path) -> None:
    """Write digests, sizes and numbers of rows anew, wherever they stand."""
    for name in ("risk.json", "manifest.json"):
        facts = json.loads((folder / name).read_text())
        for file in list(facts["files"]):
            if not (folder / file).exists():
                del facts["files"][file]
                continue
            content = (folder / file).read_bytes()
            told = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            facts["files"][file] |= told
            if file.endswith(".csv"):
                facts["files"][file]["rows"] = len(pd.read_csv(folder / file))
        (folder / name).write_text(json.dumps(facts))


def edit_csv(folder: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change a table, all of whose cells are texts."""
    table = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
    change(table).to_csv(folder / name, index=False, lineterminator="\n")


def edit_json(folder: Path, name: str, change: Callable[[dict], object]) -> None:
    """Change a document in place."""
    facts = json.loads((folder / name).read_text())
    change(facts)
    (folder / name).write_text(json.dumps(facts))


def failing(found: Verification) -> set[str]:
    """Give the names of the checks that fail."""
    return {check.name for check in found.problems}
