"""The imitation of the Census Bureau, running and in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_bureau import FakeBureau


@pytest.fixture
def bureau(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeBureau]:
    """An imitation that holds nothing yet; the cache is empty, and there is no key."""
    with FakeBureau() as fake:
        fake.use(monkeypatch, tmp_path / "home")
        # As in the real world, but without the waiting.
        monkeypatch.setattr("personatwin_sk.population.bureau._transport.BACK_OFF", 0.01)
        yield fake


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the machine has, it is not the way to what these tests make up."""
    monkeypatch.setenv("NO_PROXY", "*")
