"""What a verification comes back with: one line per thing that was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personatwin_sk.exceptions import InputError

KNOWN_FROM_FILES = (
    "That is all that the files can show: that they are whole and agree with each other and with "
    "what they claim. Whether the claims are true of the data, only the data can show: verify with "
    "the original."
)
KNOWN_FROM_DATA = (
    "People, labels, counts and risk were held to the data. Which of the personas somebody is in, "
    "and which of their events is which, the files do not say: figures that rest on it were held "
    "between the limits that the data leave open."
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What was looked at.
    holds : bool or None
        None: it could not be looked at, and the detail says why.
    detail : str
        What was found, in counts; never a value.
    """

    name: str
    holds: bool | None
    detail: str


@dataclass(frozen=True)
class Verification:
    """What `verify_release` found.

    Parameters
    ----------
    checks : sequence of Check
        In the order in which they were made.
    with_original : bool
        Whether the data were at hand.

    Examples
    --------
    >>> found = Verification((Check("files", False, "1 of 4 files was changed"),), False)
    >>> found.holds
    False
    >>> print(found)
    FAILS  files: 1 of 4 files was changed
    <BLANKLINE>
    1 of 1 checks fails: do not rely on this release.
    """

    checks: Sequence[Check]
    with_original: bool

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return all(check.holds is not False for check in self.checks)

    @property
    def problems(self) -> tuple[Check, ...]:
        """The checks that fail."""
        return tuple(check for check in self.checks if check.holds is False)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values that JSON can hold."""
        return {
            "holds": self.holds,
            "with_original": self.with_original,
            "checks": [
                {"name": check.name, "holds": check.holds, "detail": check.detail}
                for check in self.checks
            ],
            "limits": KNOWN_FROM_DATA if self.with_original else KNOWN_FROM_FILES,
        }

    def __str__(self) -> str:
        words = {True: "holds", False: "FAILS", None: "open "}
        lines = [f"{words[one.holds]}  {one.name}: {one.detail}" for one in self.checks]
        n = len(self.problems)
        if n:
            fails = "fails" if n == 1 else "fail"
            end = f"{n} of {len(self.checks)} checks {fails}: do not rely on this release."
        else:
            end = KNOWN_FROM_DATA if self.with_original else KNOWN_FROM_FILES
        n_open = sum(one.holds is None for one in self.checks)
        left = [f"{n_open} of {len(self.checks)} checks could not be made."] if n_open else []
        return "\n".join([*lines, "", *left, end])


class Checklist:
    """Collects checks."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def add(self, name: str, problems: Sequence[str], fine: str) -> bool:
        """Note a check: with problems it fails, without it holds."""
        self.checks.append(Check(name, not problems, "; ".join(problems) or fine))
        return not problems

    def leave_open(self, name: str, why: str) -> None:
        """Note what could not be looked at."""
        self.checks.append(Check(name, None, why))


class Malformed(Exception):
    """A file of a release does not hold what it must."""


class Facts:
    """Reads a JSON document by path, and says what is missing by its path.

    Parameters
    ----------
    file : str
        What to call it.
    document : object
        As the JSON reader gave it.

    Examples
    --------
    >>> Facts("risk.json", {"counts": {"people": 3}}).whole("counts", "people")
    3
    """

    def __init__(self, file: str, document: Any) -> None:
        self.file = file
        self.document = document

    def at(self, *path: str) -> Any:
        """Give what is at a path.

        Raises
        ------
        Malformed
            If there is nothing.
        """
        found = self.document
        for key in path:
            if not isinstance(found, Mapping) or key not in found:
                raise Malformed(f"{self.file} lacks {'.'.join(path)}")
            found = found[key]
        return found

    def whole(self, *path: str) -> int:
        """Give a whole number that is not negative."""
        found = self.at(*path)
        if isinstance(found, bool) or not isinstance(found, int) or found < 0:
            raise Malformed(f"{'.'.join(path)} of {self.file} is no count")
        return found

    def number(self, *path: str) -> float:
        """Give a number."""
        found = self.at(*path)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise Malformed(f"{'.'.join(path)} of {self.file} is no number")
        return float(found)

    def texts(self, *path: str) -> list[str]:
        """Give a list of texts."""
        found = self.at(*path)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise Malformed(f"{'.'.join(path)} of {self.file} is no list of names")
        return found

    def mapping(self, *path: str) -> Mapping[str, Any]:
        """Give an object."""
        found = self.at(*path) if path else self.document
        if not isinstance(found, Mapping):
            raise Malformed(f"{'.'.join(path) or 'the content'} of {self.file} is no object")
        return found


def not_a_release(folder: str) -> InputError:
    """Say that a folder holds no release at all."""
    return InputError(
        f"{folder!r} holds no release: neither manifest.json nor risk.json is in it; name the "
        "folder that `personatwin protect --out` or export_release wrote"
    )
