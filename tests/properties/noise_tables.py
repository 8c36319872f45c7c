"""The exact table of probabilities of a noise step, found from outside: by what it does to hashes.

What a step releases is a function of the true value and of a uniform word of 64 bits, the keyed
hash of the event. In the steps' place of that hash stands a word of ours; where what is released
changes is found by bisection, to the last of the 2^64 words. Nothing is estimated, and none of the
steps' own tables is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import settings
from strategies import law

from personatwin_sk.noise._keys import RowKeys

WORDS = 2**64

# Each table is a hundred passes through the step.
exact_law = settings(law, max_examples=-(-law.max_examples // 2))

# From the numbers of true values to a function of as many words, which gives the numbers of what is
# released.
Prepare = Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]]


@contextmanager
def hashes_are(words: np.ndarray) -> Iterator[None]:
    """Put these words in the place of the events' hashes, but where events are told apart."""
    own = RowKeys.of_event

    def of_event(keys: RowKeys, purpose: str, column: object) -> np.ndarray:
        return own(keys, purpose, column) if purpose == "contribution" else words

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RowKeys, "of_event", of_event)
        yield


def exact_table(prepare: Prepare, n_inputs: int, n_outputs: int, low_bits: int) -> list[list[int]]:
    """Count for each true value how many of the 2^64 words release what.

    Parameters
    ----------
    prepare : callable
    n_inputs, n_outputs : int
    low_bits : int
        For given low bits of the word what is released rises or falls with the rest of it, all the
        way. That this is so is tried on many words.

    Returns
    -------
    list of list of int
        By true value, then by what is released; each row adds up to 2^64.
    """
    low = np.arange(2**low_bits, dtype=np.uint64)
    shape = (n_inputs, len(low), n_outputs - 1)
    inputs, bits, bounds = (axis.ravel() for axis in np.indices(shape))
    n_places = WORDS >> low_bits
    release = prepare(inputs)

    def released(places: np.ndarray) -> np.ndarray:
        return release((places << np.uint64(low_bits)) | low[bits])

    first = released(np.zeros(len(inputs), dtype=np.uint64))
    last = released(np.full(len(inputs), n_places - 1, dtype=np.uint64))
    rises = first <= last
    start = np.zeros(len(inputs), dtype=np.uint64)
    end = np.full(len(inputs), n_places, dtype=np.uint64)
    while (start < end).any():
        middle = start + (end - start) // np.uint64(2)
        found = released(np.minimum(middle, np.uint64(n_places - 1)))
        beyond = np.where(rises, found > bounds, found <= bounds)
        beyond |= start >= end
        end = np.where(beyond, np.minimum(middle, end), end)
        start = np.where(beyond, start, middle + np.uint64(1))
        start = np.minimum(start, end)
    _check_by_trial(prepare, start.reshape(shape), rises.reshape(shape), low_bits)
    up = np.array([int(place) for place in end], dtype=object)
    at_most = np.where(rises, up, n_places - up).reshape(shape).sum(axis=1)
    table = []
    for row in at_most:
        cumulated = [0, *row.tolist(), WORDS]
        table.append([high - less for less, high in pairwise(cumulated)])
    return table


def _check_by_trial(prepare: Prepare, place: np.ndarray, rises: np.ndarray, low_bits: int) -> None:
    random = np.random.default_rng(0)
    words = random.integers(0, WORDS, 2_000, dtype=np.uint64)
    inputs = random.integers(0, len(place), len(words))
    bits = (words & np.uint64(2**low_bits - 1)).astype(np.int64)
    beyond = (words >> np.uint64(low_bits))[:, np.newaxis] >= place[inputs, bits]
    expected = np.where(rises[inputs, bits], beyond, ~beyond).sum(axis=1)
    np.testing.assert_array_equal(prepare(inputs)(words), expected)


def within(larger: int, smaller: int, epsilon: float) -> bool:
    """Tell whether one count is at most e^epsilon times another, to 60 digits."""
    with localcontext() as context:
        context.prec = 60
        return Decimal(larger) <= Decimal(epsilon).exp() * Decimal(smaller)


def keeps_epsilon(one: Sequence[int], other: Sequence[int], epsilon: float) -> bool:
    """Tell whether two true values are as hard to tell apart as epsilon says, both ways."""
    pairs = list(zip(one, other, strict=True))
    return all(within(a, b, epsilon) and within(b, a, epsilon) for a, b in pairs)
