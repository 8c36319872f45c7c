"""A parser whose options can also come from a file, and whose complaints are one line."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

from personatwin_sk.exceptions import InputError

DONE, UNUSABLE, NOT_MET = 0, 2, 3


class Parser(argparse.ArgumentParser):
    """Remembers its options: defaults give way to a file, and the file to the command line."""

    def __init__(self, **options: Any) -> None:
        self.actions: dict[str, argparse.Action] = {}
        self.defaults: dict[str, Any] = {}
        self.needed: list[str] = []
        # Long options in full only: one that is added later must not make an old script ambiguous.
        super().__init__(
            allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options
        )

    def error(self, message: str) -> NoReturn:
        """Exit with one line, like all other complaints of the command."""
        self.exit(UNUSABLE, f"personatwin: error: {message}\n")

    def add(self, *names: str, needed: bool = False, **options: Any) -> None:
        """Add an option that a file can give as well."""
        default = options.pop("default", False if options.get("action") == "store_true" else None)
        if needed and not names[0].startswith("-"):
            options["nargs"] = "?"
        action = self.add_argument(*names, default=argparse.SUPPRESS, **options)
        self.actions[action.dest] = action
        self.defaults[action.dest] = default
        if needed:
            self.needed.append(action.dest)

    def completed(
        self, given: argparse.Namespace, known_elsewhere: Collection[str] = ()
    ) -> argparse.Namespace:
        """Fill in what the command line leaves open: from the file it names, then by default."""
        told = vars(given)
        config = told.get("config")
        values = {**self.defaults}
        if config is not None:
            values |= self._from_file(Path(config), str(told["command"]), known_elsewhere)
        values |= told
        for name in self.needed:
            if values[name] is None:
                shown = self._shown(name)
                raise InputError(f"{shown} is missing; see personatwin {told['command']} --help")
        return argparse.Namespace(**values)

    def _shown(self, name: str) -> str:
        action = self.actions[name]
        return action.option_strings[0] if action.option_strings else str(action.metavar)

    def _from_file(
        self, path: Path, command: str, known_elsewhere: Collection[str]
    ) -> dict[str, Any]:
        facts = read_toml(path)
        own = facts.pop(command, {})
        if not isinstance(own, Mapping):
            raise InputError(f"{path}: [{command}] must be a table of options")
        common = {key: value for key, value in facts.items() if key not in COMMANDS}
        values: dict[str, Any] = {}
        for part, strict in ((common, False), (own, True)):
            for key, value in part.items():
                name = key.replace("-", "_")
                if name in self.actions and name not in ("config", "help"):
                    values[name] = self._checked(path, key, name, value)
                elif strict or name not in known_elsewhere:
                    known = ", ".join(sorted(one.replace("_", "-") for one in self.actions))
                    raise InputError(f"{path}: {key!r} is no option of {command}; it has {known}")
        return values

    def _checked(self, path: Path, key: str, name: str, value: Any) -> Any:
        """Bring a value of the file to what the command line would have given."""
        action = self.actions[name]
        if action.nargs == 0:
            if not isinstance(value, bool):
                raise InputError(f"{path}: {key} must be true or false")
            return value
        if name in ("map", "labels"):
            return _pairs(path, key, value, nested=name == "labels")
        if isinstance(action.nargs, str) and action.nargs in "+*":
            listed = value if isinstance(value, list) else [value]
            if not all(isinstance(one, str | int) and not isinstance(one, bool) for one in listed):
                raise InputError(f"{path}: {key} must be a list of names")
            return [str(one) for one in listed]
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InputError(f"{path}: {key} must be one text or number")
        if action.choices is not None and value not in action.choices:
            raise InputError(f"{path}: {key} must be one of {', '.join(action.choices)}")
        if action.type is None:
            return str(value)
        try:
            return action.type(str(value))  # type: ignore[operator]
        except (ValueError, argparse.ArgumentTypeError) as error:
            said = str(error) if isinstance(error, argparse.ArgumentTypeError) else "cannot be read"
            raise InputError(f"{path}: {key}: {said}") from None


# Names of tables of a file that are for one command only.
COMMANDS = ("protect", "assess", "verify", "demo", "census")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of options."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is not UTF-8"
        raise InputError(f"{path} is not TOML: {where}") from None


def _pairs(path: Path, key: str, value: Any, *, nested: bool) -> list[str]:
    """Write a table of a file as the command line has it: OURS=THEIRS, COLUMN:THEIRS=OURS."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    shape = "a table of tables" if nested else "a table"
    if not isinstance(value, Mapping):
        raise InputError(f"{path}: {key} must be {shape}, or a list of texts")
    if not nested:
        if not all(isinstance(one, str) for one in value.values()):
            raise InputError(f"{path}: {key} must be {shape} of texts")
        return [f"{ours}={theirs}" for ours, theirs in value.items()]
    pairs = []
    for column, labels in value.items():
        if not isinstance(labels, Mapping) or not all(isinstance(o, str) for o in labels.values()):
            raise InputError(f"{path}: {key} must be {shape} of texts")
        pairs += [f"{column}:{theirs}={ours}" for theirs, ours in labels.items()]
    return pairs
