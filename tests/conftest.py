"""Fixtures that all tests share."""

from __future__ import annotations

import os
import runpy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Machines are shared and slow now and then: how long an example takes says nothing. Each run tries
# the same examples; `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("repeatable")

# No test asks the real Census Bureau, nor finds what somebody's cache holds. Those of the live
# source talk to a server of their own, and say so.
os.environ["PERSONATWIN_OFFLINE"] = "1"
os.environ["PERSONATWIN_HOME"] = tempfile.mkdtemp(prefix="personatwin-tests-")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the optional real data; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("PERSONATWIN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the folder of real data (set PERSONATWIN_TEST_DATA); no {folder.name}")
    return folder


@pytest.fixture
def run_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Run an example in a folder of its own, where nothing can be fetched; gives its names."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("an example asks for something from the network")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PERSONATWIN_OFFLINE")
    monkeypatch.setattr("requests.Session.send", refuse)
    return lambda name: runpy.run_path(str(REPOSITORY / "examples" / f"{name}.py"))
