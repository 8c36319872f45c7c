"""SipHash of many messages at once, against vectors of its authors and a second writing of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.siphash import siphash_columns, siphash_words

REFERENCE_KEY = bytes(range(16))
Sip = Callable[[bytes, bytes], int]


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
def test_vectors_of_the_reference(sip: Sip, n_bytes: int, digest: int) -> None:
    message = bytes(range(n_bytes))
    assert sip(REFERENCE_KEY, message) == digest
    assert hash_bytes(REFERENCE_KEY, [message]) == [digest]


@given(st.binary(min_size=16, max_size=16), st.lists(st.binary(max_size=70), min_size=1))
def test_messages_of_any_length_side_by_side(sip: Sip, key: bytes, messages: list[bytes]) -> None:
    assert hash_bytes(key, messages) == [sip(key, message) for message in messages]


def test_lengths_above_255_bytes_and_more_rows_than_a_chunk(sip: Sip) -> None:
    long = [bytes(range(256)) + b"tail", bytes(300)]
    assert hash_bytes(REFERENCE_KEY, long) == [sip(REFERENCE_KEY, m) for m in long]
    many = np.arange(70_000, dtype=np.uint64).reshape(-1, 1)
    hashes = siphash_words((1, 2), many, np.full(len(many), 8))
    key = (1).to_bytes(8, "little") + (2).to_bytes(8, "little")
    for row in (0, 65_535, 65_536, 69_999):
        assert int(hashes[row]) == sip(key, row.to_bytes(8, "little"))


words = st.integers(0, 2**64 - 1)


@given(st.binary(min_size=16, max_size=16), st.lists(st.booleans(), max_size=5), st.data())
def test_columns_of_words_some_of_them_shared(
    sip: Sip, key: bytes, shared: list[bool], data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, 5))
    messages = [bytearray() for _ in range(n)]
    columns: list[np.ndarray | np.uint64] = []
    for one_for_all in shared:
        if one_for_all:
            column = [data.draw(words)] * n
            columns.append(np.uint64(column[0] if n else 0))
        else:
            column = data.draw(st.lists(words, min_size=n, max_size=n))
            columns.append(np.array(column, dtype=np.uint64))
        for message, word in zip(messages, column, strict=True):
            message += word.to_bytes(8, "little")
    halves = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    expected = [sip(key, bytes(message)) for message in messages]
    assert siphash_columns(halves, columns, n).tolist() == expected


def test_columns_of_more_rows_than_a_chunk_and_left_as_they_are(sip: Sip) -> None:
    column = np.arange(40_000, dtype=np.uint64)
    before = column.copy()
    hashes = siphash_columns((1, 2), [np.uint64(7), column], len(column))
    np.testing.assert_array_equal(column, before)
    two = np.stack([np.full(len(column), 7, dtype=np.uint64), column], axis=1)
    for row in (0, 16_383, 16_384, 32_768, 39_999):
        key = (1).to_bytes(8, "little") + (2).to_bytes(8, "little")
        assert int(hashes[row]) == sip(key, two[row].astype("<u8").tobytes())
