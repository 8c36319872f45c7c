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
from personatwin_sk._core.siphash import siphash_columns, siphash_words
from personatwin_sk._core.text_words import hash_texts

__all__ = ["SecretKey", "uniform_integers", "uniform_unit"]

_MASK = 0xFFFFFFFFFFFFFFFF
_SAMPLE = 1_000  # ids that are looked at to see whether they repeat


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
        return self.combine(domain, *(self.words(column) for column in id_columns))

    def combine(self, domain: str, *words: np.ndarray) -> np.ndarray:
        """Hash rows of words that :meth:`words` gave: what several draws need is read once.

        Parameters
        ----------
        domain : str
        *words : numpy.ndarray of uint64, shape (n,), at least one

        Returns
        -------
        numpy.ndarray of uint64, shape (n,)
            The same as of :meth:`hash` on the ids themselves.
        """
        text = domain.encode()
        label = np.frombuffer(text.ljust(-(-len(text) // 8) * 8 or 8, b"\0"), dtype="<u8")
        length = np.array([len(text)])
        of_domain = siphash_words(self._halves, label.reshape(1, -1).astype(np.uint64), length)
        return siphash_columns(self._halves, [of_domain[0], *words], len(words[0]))

    def words(self, column: pd.Series | np.ndarray) -> np.ndarray:
        """Turn ids of any type into one keyed word each; null is an id of its own.

        Parameters
        ----------
        column : pandas.Series or ndarray of shape (n,)

        Returns
        -------
        numpy.ndarray of uint64, shape (n,)
            To be passed to :meth:`combine`.
        """
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
        return siphash_columns(self._halves, [values, np.uint64(kind)], len(values))

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
        missing = is_null(series)
        if _is_text(series, missing) and not _repeats(series):
            result = hash_texts(self._halves, series)
            result[missing] = self._null_word()
            return result
        codes, uniques = pd.factorize(series, use_na_sentinel=True)
        result = np.empty(len(uniques) + 1, dtype=np.uint64)
        result[-1] = self._null_word()
        values = pd.Series(np.asarray(uniques, dtype=object), dtype=object)
        kinds = values.map(type)
        for kind in kinds.unique():
            rows = np.flatnonzero((kinds == kind).to_numpy())
            same = values.iloc[rows]
            if issubclass(kind, str):
                result[rows] = hash_texts(self._halves, same)
            elif issubclass(kind, bool | int | float | np.number | np.bool_):
                result[rows] = self.words(pd.Series(same.tolist()))
            else:
                described = same.map(lambda value: f"{type(value)} {value}")
                result[rows] = hash_texts(self._halves, described)
        return result[codes]

    def _null_word(self) -> np.uint64:
        word: np.uint64 = self._hash_fixed(np.zeros(1, dtype=np.uint64), ord("n"))[0]
        return word


def _is_text(series: pd.Series, missing: np.ndarray) -> bool:
    """Tell whether all that is there is text."""
    if isinstance(series.dtype, pd.StringDtype):
        return True
    if series.dtype != object:
        return False
    values = series.to_numpy()
    known = values[~missing] if missing.any() else values
    return all(issubclass(kind, str) for kind in set(map(type, known.tolist())))


def _repeats(series: pd.Series) -> bool:
    """Tell from a few values whether it pays to look at the distinct ones only."""
    few = series.iloc[:: max(1, len(series) // _SAMPLE)]
    return 2 * few.nunique() < len(few)


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
