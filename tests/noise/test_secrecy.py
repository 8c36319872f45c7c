"""Keys: where they come from, where they are not, what is left when they are forgotten, and that
the same key gives the same values wherever it is."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import secrets
import subprocess
import sys
import traceback
import warnings
from pprint import pformat

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from personatwin_sk import create_safe_personas, make_people_events
from personatwin_sk.noise import OutcomeNoise, TemporalNoise
from personatwin_sk.release import write_release

IDS = {"person_id": "person_id", "event_id": "event_id"}
STEPS = {
    "dates": lambda seed=None: TemporalNoise(**IDS, shift=4000, jitter=4000, random_state=seed),
    "outcomes": lambda seed=None: OutcomeNoise(
        **IDS, given="event_type", flip_probability=0.9, invariant=False, random_state=seed
    ),
}
COLUMN = {"dates": "date", "outcomes": "outcome"}
SECRET = bytes([0x91, 0xA3, 0xC5, 0xD7, 0xE9, 0xFB, 0x8D, 0x9F, 0xB1, 0xC3, 0xD5, 0xE7, 0xF9, 0x8B])
SECRET += bytes([0x9D, 0xAF])
SEED = 918_273_645

each = pytest.mark.parametrize("name", STEPS)


@pytest.fixture(scope="module")
def events():
    return make_people_events(300, random_state=3)


def traces(secret: bytes) -> list[bytes]:
    """What a key of 16 bytes may look like in a text or a pickle: whole, and its two halves."""
    halves = [secret[:8], secret[8:]]
    numbers = [int.from_bytes(half, "little") for half in halves]
    written = [str(number) for number in numbers] + [f"{number:x}" for number in numbers]
    return [secret, *halves, *(text.encode() for text in [secret.hex(), *written])]


def has_trace(text: str | bytes, secret: bytes) -> bool:
    raw = text if isinstance(text, bytes) else text.encode()
    return any(trace in raw for trace in traces(secret))


@pytest.fixture
def known_key(monkeypatch):
    """The operating system gives this key; tests then look for it everywhere."""
    asked = []

    def token_bytes(n):
        asked.append(n)
        return SECRET

    monkeypatch.setattr(secrets, "token_bytes", token_bytes)
    return asked


@each
def test_the_key_is_the_operating_systems(name, events, known_key):
    STEPS[name]().fit(events)
    assert known_key == [16]
    STEPS[name](0).fit(events)
    assert known_key == [16]


@each
def test_two_fits_have_two_keys(name, events):
    first, second = (STEPS[name]().fit_transform(events)[COLUMN[name]] for _ in range(2))
    assert (first != second).mean() > 0.2


@each
def test_the_key_is_in_nothing_that_a_step_shows_or_says(name, events, known_key, caplog):
    caplog.set_level(logging.DEBUG, logger="personatwin_sk")
    step = STEPS[name]()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = make_pipeline(step).fit(events)
        released = fitted.transform(events)
        with pytest.raises(Exception) as failure:
            fitted.transform(events.drop(columns=COLUMN[name]))
    said = "".join(traceback.format_exception(failure.value))
    shown = [repr(fitted), str(step), step._repr_html_(), fitted._repr_html_(), said, caplog.text]
    shown += [pformat(step.get_params()), *(str(warning.message) for warning in caught)]
    public = {key: value for key, value in vars(step).items() if not key.startswith("_")}
    shown += [repr(public), repr(vars(step))]  # SecretKey(<secret>) at most
    assert not any(has_trace(text, SECRET) for text in shown)
    # Nor does the table hold it, beside its values.
    assert not has_trace(pickle.dumps(released), SECRET)
    assert released.attrs == {}
    # The fitted step itself does: it is as secret as the data. So these tests can find a key.
    assert has_trace(pickle.dumps(step), SECRET)


@each
def test_a_forgotten_key_is_gone_and_cannot_be_used(name, events, known_key):
    fitted = STEPS[name]().fit(events)
    assert fitted.forget_key() is fitted
    assert not has_trace(pickle.dumps(fitted), SECRET)
    for stripped in (fitted, pickle.loads(pickle.dumps(fitted))):
        with pytest.raises(NotFittedError, match="forget_key"):
            stripped.transform(events)
    with pytest.raises(NotFittedError):
        STEPS[name]().forget_key()
    fitted.fit(events).transform(events)  # and can be fitted anew


@each
def test_a_clone_has_no_key(name, events, known_key):
    fitted = STEPS[name]().fit(events)
    assert not has_trace(pickle.dumps(clone(fitted)), SECRET)


def test_rotating_the_key_draws_every_date_anew(events):
    step = TemporalNoise(**IDS, jitter=4000, keep_order=False)
    true = pd.to_datetime(events["date"])
    released = [pd.to_datetime(step.fit_transform(events)["date"]) for _ in range(2)]
    moved = [(new - true).dt.days for new in released]
    # Of 8001 days two independent draws hit the same one by chance only.
    n_same = int((moved[0] == moved[1]).sum())
    assert stats.binom.sf(n_same - 1, len(events), 1 / 8001) > 1e-6
    assert abs(np.corrcoef(*moved)[0, 1]) < 4 / np.sqrt(len(events))


def test_rotating_the_key_draws_every_outcome_anew(events):
    outcomes = events["outcome"].unique().tolist()
    step = OutcomeNoise(**IDS, flip_probability=1.0, invariant=False, allowed=outcomes)
    first, second = (step.fit_transform(events)["outcome"] for _ in range(2))
    # Each moves to any of the m - 1 others, twice, independently.
    n_same, chance = int((first == second).sum()), 1 / (len(outcomes) - 1)
    assert stats.binomtest(n_same, len(events), chance).pvalue > 1e-4


@each
@pytest.mark.parametrize("n_chunks", [2, 7])
def test_the_same_key_gives_the_same_values_in_chunks(name, events, n_chunks):
    fitted = STEPS[name](0).fit(events)
    whole = fitted.transform(events)
    part = pd.factorize(events["person_id"])[0] % n_chunks
    chunks = [fitted.transform(events[part == i]) for i in range(n_chunks)]
    pd.testing.assert_frame_equal(pd.concat(chunks).loc[events.index], whole)


PROGRAM = """
import hashlib, pickle, sys
import pandas as pd
step, events = pickle.load(sys.stdin.buffer)
released = step.transform(events)
print(hashlib.sha256(released.to_csv().encode()).hexdigest())
print(hashlib.sha256(step.fit_transform(events).to_csv().encode()).hexdigest())
"""


def test_the_same_key_gives_the_same_values_in_another_process(events):
    steps = make_pipeline(STEPS["dates"](SEED), STEPS["outcomes"](SEED)).fit(events)
    here = pd.util.hash_pandas_object(steps.transform(events).astype(str)).to_numpy()
    assert len(np.unique(here)) > 1
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=pickle.dumps((steps, events)),
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "1"},  # Python's own hashes have no say
    )
    answers = set(done.stdout.split())
    expected = hashlib.sha256(steps.transform(events).to_csv().encode()).hexdigest()
    assert answers == {expected.encode()}


@pytest.mark.parametrize("random_state", [None, SEED])
def test_neither_key_nor_seed_is_in_a_release(random_state, known_key, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, logger="personatwin_sk")
    people = make_people_events(120, random_state=0)
    result = create_safe_personas(
        people, known_events=0, target_risk=1.0, use_census_data=False, random_state=random_state
    )
    write_release(result, tmp_path / "safe")
    files = sorted(path for path in (tmp_path / "safe").rglob("*") if path.is_file())
    assert {path.name for path in files} >= {"risk.json", "report.html", "personas.csv"}
    shown = [path.read_bytes() for path in files]
    shown += [repr(result).encode(), caplog.text.encode(), json.dumps(result.to_dict()).encode()]
    shown += [pickle.dumps(result.personas), pickle.dumps(result.risk_metrics)]
    for text in shown:
        assert not has_trace(text, SECRET)
        assert str(SEED).encode() not in text and f"{SEED:x}".encode() not in text
        assert SEED.to_bytes(4, "little") not in text
        assert b"random_state" not in text and b"SecretKey" not in text
    if random_state is None:
        assert 16 in known_key
        assert has_trace(pickle.dumps(result.search), SECRET)  # which is in no export
