"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the optional real data; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("PERSONATWIN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the folder of real data (set PERSONATWIN_TEST_DATA); no {folder.name}")
    return folder
