"""L11: nothing is modified in place, and a call that fails leaves no file behind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from pandas.testing import assert_frame_equal
from strategies import (
    CENTER,
    KEYS,
    OUTCOME,
    REMOVER,
    SUBJECTS,
    TEMPORAL,
    Case,
    Subject,
    assert_law_breaks,
    cases,
    in_polars,
    law,
    quietly,
)

from personatwin_sk import (
    IdentifierRemover,
    OutcomeNoise,
    PersonaMerger,
    TemporalNoise,
    cli,
    create_safe_personas,
    make_people_events,
)
from personatwin_sk.release import ReleaseResult, _export


def assert_untouched(after: pd.DataFrame, before: pd.DataFrame) -> None:
    assert_frame_equal(after, before)
    for name in before:
        for now, then in zip(after[name], before[name], strict=True):
            assert type(now) is type(then), name


def check_l11(subject: Subject, case: Case) -> None:
    estimator = subject.make(case.k)
    given_frame = case.frame.copy(deep=True)
    parameters = estimator.get_params()
    before = copy.deepcopy(parameters)
    quietly(estimator.fit_transform, given_frame)
    assert_untouched(given_frame, case.frame)
    assert estimator.get_params() == before
    assert all(estimator.get_params()[name] is value for name, value in parameters.items())

    # Writing to what came out does not reach what went in.
    released = quietly(estimator.transform, given_frame)
    assert_untouched(given_frame, case.frame)
    for name in list(released):
        released[name] = 0
    released.columns = range(len(released.columns))
    assert_untouched(given_frame, case.frame)


def check_l11_arrays(subject: Subject, case: Case) -> None:
    """Numbers in an array: the row, and who it is of."""
    array = np.stack(
        [pd.factorize(case.people)[0], pd.factorize(case.frame["geography"])[0]], axis=1
    ).astype(float)
    merger = PersonaMerger([1], k=case.k, person_id=0)
    merger = type(subject.make(case.k))(**merger.get_params())
    given_array = array.copy()
    released = quietly(merger.fit_transform, given_array)
    np.testing.assert_array_equal(given_array, array)
    released[:] = -1
    np.testing.assert_array_equal(given_array, array)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@law
@given(case=cases())
def test_the_input_stays_as_it_is(subject: Subject, case: Case) -> None:
    check_l11(subject, case)


@law
@given(case=cases())
def test_arrays_stay_as_they_are(case: Case) -> None:
    check_l11_arrays(CENTER, case)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@law
@given(case=cases(typed=True, max_people=5))
def test_polars_frames_stay_as_they_are(subject: Subject, case: Case) -> None:
    frame = in_polars(case.frame)
    before = frame.clone()
    configured = subject.make(case.k).set_output(transform="polars")
    quietly(configured.fit_transform, frame)
    assert frame.columns == before.columns
    assert frame.equals(before, null_equal=True)


class SortsInPlace(PersonaMerger):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        for name in X:
            X[name] = X[name].iloc[::-1].array
        return super().fit_transform(X, y)


class FillsInPlace(TemporalNoise):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        noisy = super().fit_transform(X, y)
        X["date"] = noisy["date"]
        return noisy


class SwapsNulls(OutcomeNoise):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        noisy = super().fit_transform(X, y)
        X["note"] = X["note"].where(X["note"].notna(), float("nan"))
        return noisy


class RenamesInPlace(IdentifierRemover):
    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        X.index = range(5, 5 + len(X))
        return released


class GivesTheInputBack(IdentifierRemover):
    def transform(self, X: Any) -> Any:
        return X


class LearnsIntoParameters(PersonaMerger):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        self.quasi_identifiers.reverse()
        return super().fit_transform(X, y)


class ReplacesParameters(PersonaMerger):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        self.quasi_identifiers = tuple(KEYS)
        return super().fit_transform(X, y)


class WritesIntoArrays(PersonaMerger):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        released = super().fit_transform(X, y)
        X[:, 1] = released[:, 1]
        X[0, 0] += 0.5
        return released


@pytest.mark.parametrize(
    ("check", "subject", "mutant"),
    [
        (check_l11, CENTER, SortsInPlace),
        (check_l11, TEMPORAL, FillsInPlace),
        (check_l11, OUTCOME, SwapsNulls),
        (check_l11, REMOVER, RenamesInPlace),
        (check_l11, REMOVER, GivesTheInputBack),
        (check_l11, CENTER, LearnsIntoParameters),
        (check_l11, CENTER, ReplacesParameters),
        (check_l11_arrays, CENTER, WritesIntoArrays),
    ],
)
def test_the_law_catches(check: Any, subject: Subject, mutant: type) -> None:
    # Lists among parameters are made anew for each frame: a mutant may have changed them.
    fresh = Subject(
        subject.name,
        lambda k: (
            subject.make(k).set_params(quasi_identifiers=list(KEYS))
            if subject is CENTER
            else subject.make(k)
        ),
    )
    assert_law_breaks(lambda case: check(fresh.with_class(mutant), case), cases())


# A failing command leaves nothing: neither a folder, nor half a file, nor half a release.


@pytest.fixture(scope="module")
def people_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("input") / "people.csv"
    make_people_events(150, random_state=0).to_csv(path, index=False)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


def check_leaves_nothing(arguments: list[str], folder: Path) -> None:
    before = contents(folder)
    try:
        code = cli.main(arguments)
    except SystemExit as stop:  # argparse's own way out
        code = stop.code
    assert code in (2, 3)
    assert contents(folder) == before


@pytest.mark.parametrize(
    "options",
    [
        ["--target-risk", "0.000001"],
        ["--target-risk", "2"],
        ["--domain", "astrology"],
        ["--privacy-level", "none"],
        ["--known-events", "-1"],
        ["--map", "gender=sex"],
        ["--keep", "shoe_size"],
        ["--state", "Narnia"],
        ["--no-such-option"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("exists", [False, True])
def test_a_failing_command_leaves_nothing(
    options: list[str], exists: bool, people_csv: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    if exists:
        target.mkdir()
        (target / "mine.txt").write_text("stays")
        options = [*options, "--force"]
    check_leaves_nothing(["protect", str(people_csv), "--out", str(target), *options], tmp_path)


def full_disk(*arguments: Any) -> str:
    raise OSError(28, "No space left on device")


@pytest.fixture(scope="module")
def result() -> ReleaseResult:
    people = make_people_events(150, random_state=0)
    return create_safe_personas(people, known_events=0, random_state=0)


def check_leaves_no_half(result: ReleaseResult, folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(OSError, match="No space"):
        _export.write_release(result, folder / "out", force=True)
    assert contents(folder) == before


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("writer", ["_csv", "_json", "_report_text", "_write"])
def test_a_disk_that_fills_up_leaves_no_half_release(
    writer: str,
    exists: bool,
    result: ReleaseResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_export, writer, full_disk)
    if exists:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "personas.csv").write_text("an earlier release")
    check_leaves_no_half(result, tmp_path)


class FillsUp:
    """A disk that has room for so many files."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __call__(self, path: Path, content: bytes) -> None:
        self.room -= 1
        if self.room < 0:
            full_disk()
        path.write_bytes(content)


@pytest.mark.parametrize("room", [1, 3, 5])
@pytest.mark.parametrize("exists", [False, True])
def test_a_disk_that_fills_up_midway_leaves_no_half_release(
    room: int,
    exists: bool,
    result: ReleaseResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_export, "_write", FillsUp(room))
    if exists:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "personas.csv").write_text("an earlier release")
    check_leaves_no_half(result, tmp_path)


@contextmanager
def write_into(folder: Path) -> Any:
    yield folder


def test_the_law_catches_a_release_that_is_written_straight(
    result: ReleaseResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_export, "_write", FillsUp(3))
    monkeypatch.setattr(_export, "_aside", write_into)
    with pytest.raises(AssertionError):
        check_leaves_no_half(result, tmp_path)


def test_the_law_catches_a_folder_that_is_made_too_early(
    people_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check: Callable[..., Path] = _export.check_folder

    def makes_it(folder: Any, *, force: bool) -> Path:
        target = check(folder, force=force)
        target.mkdir()
        return target

    monkeypatch.setattr(_export, "check_folder", makes_it)
    arguments = ["protect", str(people_csv), "--out", str(tmp_path / "out"), "--state", "Narnia"]
    with pytest.raises(AssertionError):
        check_leaves_nothing(arguments, tmp_path)
