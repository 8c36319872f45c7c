"""Sums and extremes of many segments at once, against a loop over each segment."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from personatwin_sk.merging._segments import Segments, gather_segments

# A segment is a list of values; few different ones, so that equal largest values are common.
SEGMENTS = st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=6), min_size=1, max_size=6)


def labels_of(runs: list[list[int]]) -> np.ndarray:
    """Label each position by its run; labels ascend with gaps."""
    return np.array([3 * i + 1 for i, run in enumerate(runs) for _ in run])


@given(SEGMENTS)
def test_segments_of_sorted_labels_are_the_runs(runs: list[list[int]]) -> None:
    segments = Segments.from_sorted(labels_of(runs))
    lengths = [len(run) for run in runs]
    assert len(segments) == len(runs)
    assert segments.length == sum(lengths)
    assert segments.starts.tolist() == [0, *itertools.accumulate(lengths)][:-1]
    assert segments.of_position.tolist() == [i for i, run in enumerate(runs) for _ in run]


def test_nothing_has_no_segments() -> None:
    segments = Segments.from_sorted(np.array([], dtype=np.int64))
    assert (len(segments), segments.length, segments.of_position.tolist()) == (0, 0, [])


@given(SEGMENTS)
def test_sums_and_running_sums_are_those_of_each_run(runs: list[list[int]]) -> None:
    segments = Segments.from_sorted(labels_of(runs))
    values = np.array([value for run in runs for value in run], dtype=float)
    running = [total for run in runs for total in itertools.accumulate(run)]
    assert_array_equal(segments.sum(values), [sum(run) for run in runs])
    assert_array_equal(segments.running_sum(values), running)
    # Several columns at once are each summed on their own.
    both = np.stack([values, -2 * values], axis=1)
    assert_array_equal(segments.sum(both), [[sum(run), -2 * sum(run)] for run in runs])
    assert_array_equal(segments.running_sum(both), [[total, -2 * total] for total in running])


@given(SEGMENTS)
def test_the_largest_value_is_found_at_its_first_position(runs: list[list[int]]) -> None:
    segments = Segments.from_sorted(labels_of(runs))
    largest, first = segments.argmax(np.array([value for run in runs for value in run]))
    start = 0
    for i, run in enumerate(runs):
        assert largest[i] == max(run)
        assert first[i] == start + run.index(max(run))
        start += len(run)


def test_minus_infinity_everywhere_is_a_largest_value_too() -> None:
    segments = Segments.from_sorted(np.array([0, 0, 1]))
    largest, first = segments.argmax(np.array([-np.inf, -np.inf, 2.0]))
    assert_array_equal(largest, [-np.inf, 2.0])
    assert first.tolist() == [0, 2]


def test_running_sums_restart_after_a_large_segment_without_losing_whole_numbers() -> None:
    segments = Segments.from_sorted(np.array([0, 1, 1, 1]))
    assert_allclose(segments.running_sum(np.array([2.0**50, 1, 2, 3])), [2.0**50, 1, 3, 6], rtol=0)


@given(st.lists(st.integers(0, 4), max_size=20), st.permutations([0, 1, 2, -1, -1]))
def test_gathered_rows_are_those_of_each_chosen_label_in_order(
    labels: list[int], chosen: list[int]
) -> None:
    rows, segments = gather_segments(np.array(labels, dtype=np.int64), np.array(chosen))
    expected = [
        [row for row, label in enumerate(labels) if chosen[label] == number] for number in range(3)
    ]
    present = [part for part in expected if part]
    assert rows.tolist() == [row for part in present for row in part]
    assert len(segments) == len(present)
    assert np.bincount(segments.of_position).tolist() == [len(part) for part in present]
