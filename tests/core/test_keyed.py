"""Keyed randomness: SipHash against its paper and a second writing of it, draws against chance."""

from __future__ import annotations

import copy
import datetime
import pickle
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personatwin_sk._core.keyed import (
    SecretKey,
    siphash_words,
    uniform_integers,
    uniform_unit,
)

MASK = 2**64 - 1
REFERENCE_KEY = bytes(range(16))
KEY = SecretKey(REFERENCE_KEY)


def siphash_2_4(key: bytes, message: bytes) -> int:
    """SipHash-2-4 written from the paper, on Python's integers, one byte string at a time."""

    def rotate(x: int, bits: int) -> int:
        return ((x << bits) | (x >> (64 - bits))) & MASK

    def rounds(v: list[int], n: int) -> None:
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[2] = (v[2] + v[3]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[1]) & MASK
            v[0] = (v[0] + v[3]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)

    k = [int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")]
    text = b"somepseudorandomlygeneratedbytes"
    v = [k[i % 2] ^ int.from_bytes(text[8 * i : 8 * i + 8], "big") for i in range(4)]
    padded = message + b"\0" * (7 - len(message) % 8) + bytes([len(message) % 256])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i : i + 8], "little")
        v[3] ^= word
        rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def hash_bytes(key: bytes, messages: list[bytes]) -> list[int]:
    width = -(-max(len(message) for message in messages) // 8) * 8 or 8
    words = np.stack([np.frombuffer(m.ljust(width, b"\0"), dtype="<u8") for m in messages])
    halves = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    lengths = np.array([len(message) for message in messages])
    return siphash_words(halves, words.astype(np.uint64), lengths).tolist()


@pytest.mark.parametrize(
    ("n_bytes", "digest"),
    [
        # vectors.h of the reference implementation; 15 bytes is the example in the paper.
        (0, 0x726FDB47DD0E0E31),
        (1, 0x74F839C593DC67FD),
        (8, 0x93F5F5799A932462),
        (15, 0xA129CA6149BE45E5),
    ],
)
def test_vectors_of_the_reference(n_bytes: int, digest: int) -> None:
    message = bytes(range(n_bytes))
    assert siphash_2_4(REFERENCE_KEY, message) == digest
    assert hash_bytes(REFERENCE_KEY, [message]) == [digest]


@given(st.binary(min_size=16, max_size=16), st.lists(st.binary(max_size=70), min_size=1))
def test_messages_of_any_length_side_by_side(key: bytes, messages: list[bytes]) -> None:
    assert hash_bytes(key, messages) == [siphash_2_4(key, message) for message in messages]


def test_lengths_above_255_bytes_and_more_rows_than_a_chunk() -> None:
    long = [bytes(range(256)) + b"tail", bytes(300)]
    assert hash_bytes(REFERENCE_KEY, long) == [siphash_2_4(REFERENCE_KEY, m) for m in long]
    many = np.arange(70_000, dtype=np.uint64).reshape(-1, 1)
    hashes = siphash_words((1, 2), many, np.full(len(many), 8))
    key = (1).to_bytes(8, "little") + (2).to_bytes(8, "little")
    for row in (0, 65_535, 65_536, 69_999):
        assert int(hashes[row]) == siphash_2_4(key, row.to_bytes(8, "little"))


def test_a_row_of_ids_is_hashed_as_the_words_of_its_parts() -> None:
    people, events = pd.Series([7, 8]), pd.Series([1, 1])

    def word(value: int, kind: str) -> bytes:
        return value.to_bytes(8, "little") + ord(kind).to_bytes(8, "little")

    expected = []
    for person in (7, 8):
        parts = [
            siphash_2_4(REFERENCE_KEY, b"date"),
            siphash_2_4(REFERENCE_KEY, word(person, "i")),
            siphash_2_4(REFERENCE_KEY, word(1, "i")),
        ]
        message = b"".join(part.to_bytes(8, "little") for part in parts)
        expected.append(siphash_2_4(REFERENCE_KEY, message))
    assert KEY.hash("date", people, events).tolist() == expected


id_columns = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30),
    st.lists(st.text(max_size=12), min_size=1, max_size=30),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1, max_size=30),
    st.lists(st.one_of(st.none(), st.integers(-9, 9), st.text(max_size=2)), min_size=1),
    st.lists(st.floats(allow_infinity=False), min_size=1, max_size=30),
    st.lists(st.one_of(st.none(), st.datetimes()), min_size=1, max_size=30),
)


@given(id_columns, st.data())
def test_neither_position_nor_company_changes_a_hash(values: list, data: st.DataObject) -> None:
    column = pd.Series(values, dtype=object)
    whole = KEY.hash("x", column)
    order = data.draw(st.permutations(range(len(values))))
    np.testing.assert_array_equal(KEY.hash("x", column.iloc[order]), whole[order])
    cut = data.draw(st.integers(0, len(values)))
    parts = [part for part in (column.iloc[:cut], column.iloc[cut:]) if len(part)]
    np.testing.assert_array_equal(np.concatenate([KEY.hash("x", part) for part in parts]), whole)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.Series([1, 2]), pd.Series([1.0, 2.0])),
        (pd.Series([1, 2]), pd.Series([1, 2], dtype="int8")),
        (pd.Series([1, 2]), pd.Series([1, 2], dtype="uint64")),
        (pd.Series([1, 2]), pd.Series([1, 2], dtype="Int64")),
        (pd.Series([1, 2]), pd.Series([1, 2], dtype="Float64")),
        (pd.Series([1, 2]), pd.Series([1, 2], dtype=object)),
        (pd.Series([-1, None], dtype="Int64"), pd.Series([-1.0, np.nan])),
        (pd.Series([0.5, None]), pd.Series([0.5, None], dtype=object)),
        (pd.Series(["a", None], dtype=object), pd.Series(["a", None], dtype="string")),
        (pd.Series(["a", "b"], dtype=object), pd.Series(["a", "b"], dtype="str")),
        (
            pd.Series(pd.to_datetime(["2023-01-31 10:00", None])).astype("datetime64[ns]"),
            pd.Series(pd.to_datetime(["2023-01-31 10:00", None])).astype("datetime64[s]"),
        ),
        (pd.Series([np.nan]), pd.Series([None], dtype=object)),
        (pd.Series([0.0]), pd.Series([-0.0])),
    ],
    ids=lambda series: str(series.dtype),
)
def test_the_same_ids_in_another_dtype_hash_the_same(one: pd.Series, other: pd.Series) -> None:
    np.testing.assert_array_equal(KEY.hash("x", one), KEY.hash("x", other))


def test_everything_has_a_say() -> None:
    people, events = pd.Series(["a", "b"]), pd.Series([1, 1])
    hashes = [
        KEY.hash("x", people),
        KEY.hash("y", people),
        KEY.hash("", people),
        KEY.hash("x", people, events),
        KEY.hash("x", events, people),
        KEY.hash("x", people, pd.Series([2, 2])),
        KEY.hash("x", people, pd.Series([None, None])),
        KEY.hash("x", people, pd.Series(["1", "1"])),
        SecretKey(bytes(16)).hash("x", people),
    ]
    flat = np.concatenate(hashes)
    assert len(np.unique(flat)) == len(flat)


def test_hashes_that_were_taken_before_may_serve_as_ids() -> None:
    inner = KEY.hash("person", pd.Series(["a", "b", "a"]))
    outer = KEY.hash("event", inner, pd.Series([1, 1, 1]))
    assert outer[0] == outer[2] != outer[1]


def test_objects_that_are_neither_text_nor_numbers_are_ids_too() -> None:
    values = pd.Series([datetime.date(2023, 1, 1), datetime.date(2023, 1, 2), (1, 2)], dtype=object)
    assert len(np.unique(KEY.hash("x", values))) == 3


def test_the_key_shows_itself_to_nobody() -> None:
    key = SecretKey.from_random_state(42)
    digits = [str(half) for half in key.__getstate__()]
    assert repr(key) == str(key) == f"{key}" == "SecretKey(<secret>)"
    assert not any(digit in repr(key) for digit in digits)
    with pytest.raises(AttributeError):
        key.secret = 1  # type: ignore[attr-defined]


def test_where_keys_come_from() -> None:
    make = SecretKey.from_random_state
    assert make(0) == make(0) == make(np.int64(0))
    assert make(0) != make(1)
    assert make(None) != make(None)
    assert make(np.random.RandomState(5)) == make(np.random.RandomState(5))
    state = np.random.RandomState(5)
    assert make(state) != make(state)  # a generator that goes on gives another key
    assert hash(make(0)) == hash(make(0))
    assert make(0) != "key"
    with pytest.raises(ValueError, match="16 bytes"):
        SecretKey(b"short")


@pytest.mark.parametrize("copier", [lambda k: pickle.loads(pickle.dumps(k)), copy.deepcopy])
def test_a_copy_of_a_key_hashes_the_same(copier: Callable[[SecretKey], SecretKey]) -> None:
    ids = pd.Series(["a", "b"])
    assert copier(KEY) == KEY
    np.testing.assert_array_equal(copier(KEY).hash("x", ids), KEY.hash("x", ids))


@pytest.mark.parametrize(("low", "high"), [(0, 0), (-1, 1), (-30, 30), (5, 104), (0, 2**40)])
def test_integers_stay_within_their_bounds(low: int, high: int) -> None:
    draws = uniform_integers(KEY.hash("x", np.arange(2000)), low, high)
    assert draws.dtype == np.int64
    assert low <= draws.min() and draws.max() <= high


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 3), (-30, 30), (0, 364)])
def test_integers_are_uniform(low: int, high: int) -> None:
    draws = uniform_integers(KEY.hash("x", np.arange(100_000)), low, high)
    counts = np.bincount(draws - low, minlength=high - low + 1)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_integers_have_no_modulo_bias() -> None:
    # Of 3 * 2**61 numbers a plain remainder would hit the first two thirds half as often again.
    high = 3 * 2**61 - 1
    draws = uniform_integers(KEY.hash("x", np.arange(60_000)), 0, high)
    assert stats.chisquare(np.bincount(draws // 2**61, minlength=3)).pvalue > 1e-4
    # The hashes that fall into the incomplete stretch do not all go to one place.
    over = np.arange(2**64 - 4_000, 2**64, dtype=np.uint64)
    draws = uniform_integers(over, 0, high)
    assert stats.chisquare(np.bincount(draws // 2**61, minlength=3)).pvalue > 1e-4


def test_integers_depend_on_their_own_hash_alone() -> None:
    hashes = KEY.hash("x", np.arange(50))
    draws = uniform_integers(hashes, 0, 3 * 2**61)
    assert [int(uniform_integers(hashes[[i]], 0, 3 * 2**61)[0]) for i in range(50)] == list(draws)
    before = hashes.copy()
    uniform_integers(hashes, 0, 3 * 2**61)
    np.testing.assert_array_equal(hashes, before)


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="low"):
        uniform_integers(KEY.hash("x", np.arange(2)), 1, 0)


def test_unit_numbers() -> None:
    assert uniform_unit(np.array([2**64 - 1], dtype=np.uint64))[0] == 1 - 2.0**-53
    units = uniform_unit(KEY.hash("x", np.arange(100_000)))
    assert units.min() >= 0 and units.max() < 1
    assert stats.kstest(units, "uniform").pvalue > 1e-4


def test_draws_of_neighbouring_ids_and_domains_are_independent() -> None:
    ids = np.arange(100_000)
    first, second = (uniform_unit(KEY.hash(domain, ids)) for domain in ("x", "y"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.015
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.015
