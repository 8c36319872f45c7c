"""SipHash-2-4 of many short messages at once.

References
----------
J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["siphash_columns", "siphash_words"]

_CHUNK = 1 << 14  # rows hashed at a time: the working set stays in the processor's cache
_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_LAST_BYTES = np.uint64(0x00FFFFFFFFFFFFFF)  # of the last word: its eighth byte is the length
_SHIFTS = {bits: (np.uint64(bits), np.uint64(64 - bits)) for bits in (13, 16, 17, 21, 32)}


class _SipState:
    """The four words of SipHash for many messages at once; all is worked out in place."""

    def __init__(self, key: tuple[int, int], n: int) -> None:
        self._v = [
            np.full(n, key[i % 2] ^ start, dtype=np.uint64) for i, start in enumerate(_START)
        ]
        self._scratch = np.empty(n, dtype=np.uint64)

    def spread(self, n: int) -> _SipState:
        """Give a state of `n` messages that all begin as this one message does."""
        state = object.__new__(_SipState)
        state._v = [np.full(n, word[0], dtype=np.uint64) for word in self._v]
        state._scratch = np.empty(n, dtype=np.uint64)
        return state

    def absorb(self, word: np.ndarray | np.uint64) -> None:
        self._v[3] ^= word
        self._rounds(2)
        self._v[0] ^= word

    def finish(self) -> np.ndarray:
        self._v[2] ^= np.uint64(0xFF)
        self._rounds(4)
        v0, v1, v2, v3 = self._v
        v0 ^= v1
        v2 ^= v3
        return np.bitwise_xor(v0, v2, out=v0)

    def _rounds(self, n: int) -> None:
        v0, v1, v2, v3 = self._v
        for _ in range(n):
            v0 += v1
            self._rotate(v1, 13)
            v1 ^= v0
            self._rotate(v0, 32)
            v2 += v3
            self._rotate(v3, 16)
            v3 ^= v2
            v0 += v3
            self._rotate(v3, 21)
            v3 ^= v0
            v2 += v1
            self._rotate(v1, 17)
            v1 ^= v2
            self._rotate(v2, 32)

    def _rotate(self, x: np.ndarray, bits: int) -> None:
        left, right = _SHIFTS[bits]
        np.right_shift(x, right, out=self._scratch)
        np.left_shift(x, left, out=x)
        x |= self._scratch


def siphash_columns(
    key: tuple[int, int], columns: Sequence[np.ndarray | np.uint64], n: int
) -> np.ndarray:
    """Hash messages of the same number of whole words by SipHash-2-4.

    Parameters
    ----------
    key : pair of int
        The two 64-bit halves of the key, little-endian as in the reference.
    columns : sequence of numpy.ndarray of uint64, shape (n,), or of numpy.uint64
        The first word of all messages, the second ...; one number where they all have the same.
    n : int
        Number of messages.

    Returns
    -------
    numpy.ndarray of uint64, shape (n,)
    """
    # What all messages begin with is absorbed once.
    shared = 0
    while shared < len(columns) and isinstance(columns[shared], np.uint64):
        shared += 1
    begun = _SipState(key, 1)
    for word in columns[:shared]:
        begun.absorb(word)
    length = np.uint64((8 * len(columns) & 0xFF) << 56)
    result = np.empty(n, dtype=np.uint64)
    for start in range(0, n, _CHUNK):
        part = slice(start, min(start + _CHUNK, n))
        state = begun.spread(part.stop - start)
        for word in columns[shared:]:
            state.absorb(word if isinstance(word, np.uint64) else word[part])
        state.absorb(length)
        result[part] = state.finish()
    return result


def siphash_words(key: tuple[int, int], words: np.ndarray, n_bytes: np.ndarray) -> np.ndarray:
    """Hash messages of any lengths by SipHash-2-4.

    Parameters
    ----------
    key : pair of int
        The two 64-bit halves of the key, little-endian as in the reference.
    words : numpy.ndarray of uint64, shape (n, n_words)
        The messages, padded with zeros to whole words.
    n_bytes : numpy.ndarray of int64, shape (n,)
        Length of each message before padding; at most ``8 * n_words``.

    Returns
    -------
    numpy.ndarray of uint64, shape (n,)
    """
    result = np.empty(len(words), dtype=np.uint64)
    for start in range(0, len(words), _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = _siphash_chunk(key, words[part], n_bytes[part])
    return result


def _siphash_chunk(key: tuple[int, int], words: np.ndarray, n_bytes: np.ndarray) -> np.ndarray:
    full = n_bytes // 8
    if (full == full[0]).all():
        return _siphash_alike(key, words, n_bytes, int(full[0]))
    result = np.empty(len(words), dtype=np.uint64)
    # Messages of one number of words go together, so that nothing depends on how far others reach.
    for n_full in np.flatnonzero(np.bincount(full)).tolist():
        rows = np.flatnonzero(full == n_full)
        result[rows] = _siphash_alike(key, words[rows], n_bytes[rows], n_full)
    return result


def _siphash_alike(
    key: tuple[int, int], words: np.ndarray, n_bytes: np.ndarray, n_full: int
) -> np.ndarray:
    state = _SipState(key, len(words))
    for j in range(n_full):
        state.absorb(words[:, j])
    last = (n_bytes.astype(np.uint64) & np.uint64(0xFF)) << np.uint64(56)
    if n_full < words.shape[1]:
        last |= words[:, n_full] & _LAST_BYTES
    state.absorb(last)
    return state.finish()
