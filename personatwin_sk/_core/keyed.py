"""Keyed randomness: what a value draws depends on a secret key and on whose value it is.

The draw is a pseudorandom function (SipHash-2-4) of the key, a domain such as the column's name,
and the ids; the position of a row has no say. Same key, same draw: in any chunk, order or process.

References
----------
J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null

__all__ = ["SecretKey", "uniform_integers", "uniform_unit"]

_MASK = 0xFFFFFFFFFFFFFFFF
_CHUNK = 1 << 16  # rows hashed at a time: the working set stays in the processor's cache


def _rotate(x: np.ndarray, bits: int) -> np.ndarray:
    return (x << np.uint64(bits)) | (x >> np.uint64(64 - bits))


class _SipState:
    """The four words of SipHash for many inputs at once."""

    def __init__(self, key: tuple[int, int], n: int) -> None:
        k0, k1 = key
        self.v0 = np.full(n, k0 ^ 0x736F6D6570736575, dtype=np.uint64)
        self.v1 = np.full(n, k1 ^ 0x646F72616E646F6D, dtype=np.uint64)
        self.v2 = np.full(n, k0 ^ 0x6C7967656E657261, dtype=np.uint64)
        self.v3 = np.full(n, k1 ^ 0x7465646279746573, dtype=np.uint64)

    def _round(self) -> None:
        self.v0 += self.v1
        self.v1 = _rotate(self.v1, 13)
        self.v1 ^= self.v0
        self.v0 = _rotate(self.v0, 32)
        self.v2 += self.v3
        self.v3 = _rotate(self.v3, 16)
        self.v3 ^= self.v2
        self.v0 += self.v3
        self.v3 = _rotate(self.v3, 21)
        self.v3 ^= self.v0
        self.v2 += self.v1
        self.v1 = _rotate(self.v1, 17)
        self.v1 ^= self.v2
        self.v2 = _rotate(self.v2, 32)

    def absorb(self, word: np.ndarray) -> None:
        self.v3 ^= word
        self._round()
        self._round()
        self.v0 ^= word

    def finish(self) -> np.ndarray:
        self.v2 ^= np.uint64(0xFF)
        for _ in range(4):
            self._round()
        return self.v0 ^ self.v1 ^ self.v2 ^ self.v3


def siphash_words(key: tuple[int, int], words: np.ndarray, n_bytes: np.ndarray) -> np.ndarray:
    """Hash rows of 64-bit words by SipHash-2-4.

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
    result = np.empty(len(words), dtype=np.uint64)
    # Messages of one number of words go together, so that nothing depends on how far others reach.
    for n_full in np.unique(full).tolist():
        rows = np.flatnonzero(full == n_full)
        state = _SipState(key, len(rows))
        for j in range(n_full):
            state.absorb(words[rows, j])
        last = (n_bytes[rows].astype(np.uint64) & np.uint64(0xFF)) << np.uint64(56)
        if n_full < words.shape[1]:
            last = last | (words[rows, n_full] & np.uint64(0x00FFFFFFFFFFFFFF))
        state.absorb(last)
        result[rows] = state.finish()
    return result


class SecretKey:
    """A key of 128 bits that shows itself to nobody.

    Examples
    --------
    >>> key = SecretKey.from_random_state(0)
    >>> key
    SecretKey(<secret>)
    >>> people = pd.Series(["a", "b", "a"])
    >>> hashes = key.hash("date", people)
    >>> bool(hashes[0] == hashes[2]), bool(hashes[0] == hashes[1])
    (True, False)
    """

    __slots__ = ("_halves",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 16:
            raise ValueError("A key has 16 bytes.")
        self._halves = (
            int.from_bytes(secret[:8], "little"),
            int.from_bytes(secret[8:], "little"),
        )

    @classmethod
    def from_random_state(cls, random_state: Any = None) -> SecretKey:
        """Make a key.

        Parameters
        ----------
        random_state : None, int or numpy.random.RandomState
            None takes the key from the operating system. An int is for reproducing: whoever knows
            it can take the noise off again.
        """
        if random_state is None:
            return cls(secrets.token_bytes(16))
        if isinstance(random_state, np.random.RandomState):
            return cls(random_state.bytes(16))
        text = f"personatwin_sk key {int(random_state)}".encode()
        return cls(hashlib.sha256(text).digest()[:16])

    def __repr__(self) -> str:
        return "SecretKey(<secret>)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretKey) and self._halves == other._halves

    def __hash__(self) -> int:
        return hash(self._halves)

    def __getstate__(self) -> tuple[int, int]:
        return self._halves

    def __setstate__(self, state: tuple[int, int]) -> None:
        self._halves = state

    def hash(self, domain: str, *id_columns: pd.Series | np.ndarray) -> np.ndarray:
        """Hash each row's ids within a domain.

        Parameters
        ----------
        domain : str
            What the draw is for, such as a column's name: other domains give unrelated hashes.
        *id_columns : pandas.Series or ndarray of shape (n,), at least one
            Ids of any type; the order of the columns matters. Null is an id of its own. Hashes of
            an earlier call (uint64) may be passed on as ids.

        Returns
        -------
        numpy.ndarray of uint64, shape (n,)
        """
        label = np.frombuffer(
            domain.encode().ljust(-(-len(domain.encode()) // 8) * 8 or 8, b"\0"), dtype="<u8"
        )
        length = np.array([len(domain.encode())])
        domain_word = siphash_words(self._halves, label.reshape(1, -1).astype(np.uint64), length)
        parts = [self._hash_column(column) for column in id_columns]
        words = np.stack([np.broadcast_to(domain_word, parts[0].shape), *parts], axis=1)
        return siphash_words(self._halves, words, np.full(len(words), 8 * words.shape[1]))

    def _hash_column(self, column: pd.Series | np.ndarray) -> np.ndarray:
        series = pd.Series(column)
        dtype = series.dtype
        if isinstance(dtype, np.dtype) and dtype.kind in "iub":
            return self._hash_fixed(series.to_numpy().astype(np.uint64), ord("i"))
        if pd.api.types.is_datetime64_any_dtype(dtype):
            plain = (
                series.dt.tz_convert("UTC").dt.tz_localize(None)
                if (series.dt.tz is not None)
                else series
            )
            moments = plain.to_numpy().astype("datetime64[us]").view(np.int64)
            return self._hash_fixed(moments.astype(np.uint64), ord("d"))
        if pd.api.types.is_numeric_dtype(dtype):
            return self._hash_numbers(series)
        return self._hash_objects(series)

    def _hash_fixed(self, values: np.ndarray, kind: int) -> np.ndarray:
        words = np.stack([values, np.full(len(values), kind, dtype=np.uint64)], axis=1)
        return siphash_words(self._halves, words, np.full(len(values), 16))

    def _hash_numbers(self, series: pd.Series) -> np.ndarray:
        """Hash floats and nullable numbers, whole ones as integers.

        So a null elsewhere in a column, which turns integers into floats, changes nobody's draw.
        """
        missing = is_null(series)
        if pd.api.types.is_integer_dtype(series.dtype):
            whole = series.fillna(0).to_numpy(dtype=np.int64)
            result = self._hash_fixed(whole.astype(np.uint64), ord("i"))
        else:
            floats = series.to_numpy(dtype=np.float64, na_value=np.nan)
            integral = np.isfinite(floats) & (floats == np.floor(floats)) & (np.abs(floats) < 2**53)
            whole = np.where(integral, floats, 0).astype(np.int64).astype(np.uint64)
            result = self._hash_fixed(whole, ord("i"))
            rest = ~integral & ~missing
            bits = (floats[rest] + 0.0).view(np.uint64)
            result[rest] = self._hash_fixed(bits, ord("f"))
        result[missing] = self._hash_fixed(np.zeros(1, dtype=np.uint64), ord("n"))[0]
        return result

    def _hash_objects(self, series: pd.Series) -> np.ndarray:
        codes, uniques = pd.factorize(series, use_na_sentinel=True)
        result = np.empty(len(uniques) + 1, dtype=np.uint64)
        result[-1] = self._hash_fixed(np.zeros(1, dtype=np.uint64), ord("n"))[0]
        values = pd.Series(np.asarray(uniques, dtype=object), dtype=object)
        kinds = values.map(type)
        for kind in kinds.unique():
            rows = np.flatnonzero((kinds == kind).to_numpy())
            same = values.iloc[rows]
            if kind is str:
                result[rows] = self._hash_texts(same)
            elif issubclass(kind, bool | int | float | np.number | np.bool_):
                result[rows] = self._hash_column(pd.Series(same.tolist()))
            else:
                result[rows] = self._hash_texts(same.map(lambda value: f"{type(value)} {value}"))
        return result[codes]

    def _hash_texts(self, texts: pd.Series) -> np.ndarray:
        result = np.empty(len(texts), dtype=np.uint64)
        lengths = texts.str.len().to_numpy(dtype=np.int64)
        for start in range(0, len(texts), _CHUNK):
            part = slice(start, start + _CHUNK)
            length = lengths[part]
            # Four bytes a character (UTF-32), two characters a word; one spare word at the end.
            width = 2 * (int(length.max(initial=0)) // 2 + 1)
            characters = texts.iloc[part].to_numpy(dtype=f"<U{width}")
            words = characters.view("<u4").reshape(len(length), width).view("<u8")
            result[part] = siphash_words(self._halves, words.astype(np.uint64), 4 * length)
        return result


def uniform_integers(hashes: np.ndarray, low: int, high: int) -> np.ndarray:
    """Turn hashes into uniform integers from `low` to `high`, both included, without modulo bias.

    A hash that falls into the incomplete last stretch of the 64-bit range is mixed again.

    Parameters
    ----------
    hashes : numpy.ndarray of uint64, shape (n,)
    low, high : int

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Examples
    --------
    >>> key = SecretKey.from_random_state(0)
    >>> draws = uniform_integers(key.hash("x", np.arange(1000)), -3, 3)
    >>> sorted(set(draws.tolist()))
    [-3, -2, -1, 0, 1, 2, 3]
    """
    width = high - low + 1
    if width < 1:
        raise ValueError("low must not be above high.")
    limit = (2**64 // width) * width
    drawn = np.array(hashes, dtype=np.uint64)
    if limit <= _MASK:
        over = np.flatnonzero(drawn >= np.uint64(limit))
        while len(over):
            drawn[over] = _mix(drawn[over])
            over = over[drawn[over] >= np.uint64(limit)]
    return (drawn % np.uint64(width)).astype(np.int64) + low


def _mix(x: np.ndarray) -> np.ndarray:
    """Permute 64-bit words (the finaliser of SplitMix64); the secret is already in the input."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def uniform_unit(hashes: np.ndarray) -> np.ndarray:
    """Turn hashes into uniform numbers of 53 bits in [0, 1).

    Examples
    --------
    >>> uniform_unit(np.array([0, 2**63], dtype=np.uint64)).tolist()
    [0.0, 0.5]
    """
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53
