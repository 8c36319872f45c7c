"""What a folder of a release says of itself: its files, their digests, and the claims made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from personatwin_sk._version import __version__

MANIFEST_VERSION = 1
# Claims that a reader of the files can hold them to.
_STATEMENT = (
    "Every row of personas.csv stands for at least `k` people of the data, counted by their own "
    "ids; the chance that one of them is recognised, by the attacker described in risk.json, was "
    "measured on these files and is at most `risk`, which is within `target_risk`. Every figure of "
    "the files named in `least_people` rests on at least so many people."
)


def digest(content: bytes) -> str:
    """Give the SHA-256 of a file's bytes.

    Examples
    --------
    >>> digest(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def file_facts(contents: Mapping[str, bytes], n_rows: Mapping[str, int]) -> dict[str, Any]:
    """Tell size and digest of each file, and the rows of those that are tables.

    Parameters
    ----------
    contents : mapping of str to bytes
        By file name.
    n_rows : mapping of str to int
        Rows without the header, of files that are tables.
    """
    return {
        name: {
            "sha256": digest(content),
            "bytes": len(content),
            **({"rows": n_rows[name]} if name in n_rows else {}),
        }
        for name, content in contents.items()
    }


def claims_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """List what is claimed of the release.

    Parameters
    ----------
    facts : mapping
        What `ReleaseResult.to_dict` says, with `least_people` of the files of figures.
    """
    counts, settings, verdict = facts["counts"], facts["settings"], facts["verdict"]
    return {
        "people": counts["released_people"],
        "personas": counts["personas"],
        "events": counts["released_events"],
        "k": facts["risk"]["release"]["k_anonymity"],
        "risk": verdict["risk"],
        "target_risk": verdict["target_risk"],
        "level": verdict["level"],
        "attacker": settings["attacker"],
        "known_events": settings["known_events"],
        "least_people": dict(facts.get("least_people", {})),
        "statement": _STATEMENT,
    }


def manifest_of(files: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """Give the manifest: every other file of the folder, and the claims.

    Parameters
    ----------
    files : mapping
        As `file_facts` gives it.
    claims : mapping
        As `claims_of` gives it.
    """
    return {
        "schema_version": MANIFEST_VERSION,
        "made_by": f"personatwin_sk {__version__}",
        "note": (
            "The digests show that the files are those that were written. They do not show who "
            "wrote them: whoever changes a file can write a new manifest. `personatwin verify "
            "DIR --original FILE` holds the files to the data."
        ),
        "files": dict(files),
        "claims": dict(claims),
    }
