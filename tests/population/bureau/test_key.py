"""The key of the API: where it comes from, and that it does not show."""

from __future__ import annotations

import copy
import pickle

import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.population.bureau import Bureau
from personatwin_sk.population.bureau._key import ApiKey

SECRET = "canary0123456789"


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CENSUS_API_KEY", raising=False)
    monkeypatch.delenv("US_CENSUS_API_KEY", raising=False)


@pytest.mark.parametrize(
    ("given", "environment", "found"),
    [
        (None, {}, ""),
        (None, {"CENSUS_API_KEY": "one"}, "one"),
        (None, {"US_CENSUS_API_KEY": "two"}, "two"),
        (None, {"CENSUS_API_KEY": "one", "US_CENSUS_API_KEY": "two"}, "one"),
        (None, {"CENSUS_API_KEY": "  ", "US_CENSUS_API_KEY": "two\n"}, "two"),
        ("three", {"CENSUS_API_KEY": "one"}, "three"),
        (" three\n", {}, "three"),
        ("", {"CENSUS_API_KEY": "one"}, ""),
    ],
)
def test_the_parameter_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, given: str | None, environment: dict[str, str], found: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ApiKey(given).reveal() == found
    assert bool(ApiKey(given)) == bool(found)
    assert Bureau(api_key=given).has_key == bool(found)


def test_a_key_must_be_text() -> None:
    with pytest.raises(InputError, match="api_key must be text"):
        ApiKey(7)  # type: ignore[arg-type]


@pytest.mark.parametrize("holder", [ApiKey(SECRET), Bureau(api_key=SECRET)])
def test_neither_representation_nor_pickle_holds_it(
    holder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        SECRET not in f"{holder!r} {holder} {vars(holder) if hasattr(holder, '__dict__') else ''}"
    )
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert SECRET.encode() not in pickle.dumps(holder, protocol)
    assert not holds_key(pickle.loads(pickle.dumps(holder)))
    monkeypatch.setenv("CENSUS_API_KEY", "of the one who unpickles")
    assert holds_key(pickle.loads(pickle.dumps(holder)))


@pytest.mark.parametrize("holder", [ApiKey(SECRET), Bureau(api_key=SECRET)])
def test_copies_in_the_same_process_keep_it(holder: object) -> None:
    assert holds_key(copy.copy(holder))
    assert holds_key(copy.deepcopy([holder])[0])


def holds_key(holder: object) -> bool:
    return holder.has_key if isinstance(holder, Bureau) else bool(holder)
