"""What commands say: results on stdout, remarks and errors on stderr, a line each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO


def say(kind: str, message: str) -> None:
    """Say one line on stderr."""
    print(f"personatwin: {kind}: {' '.join(message.split())}", file=sys.stderr)


def tell(text: str) -> None:
    """Print a result; a reader who has gone does not change what was done."""
    try:
        print(text)
        sys.stdout.flush()
    except OSError:
        _silence(sys.stdout)


def tell_json(facts: Any) -> None:
    """Print a result as JSON."""
    tell(json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False))


def progress() -> Callable[[str], None]:
    """Give what says which step begins, where somebody watches."""
    if not sys.stderr.isatty():
        return lambda step: None
    return lambda step: print(f"personatwin: {step} ...", file=sys.stderr)


def _silence(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere: Python would complain of it at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
