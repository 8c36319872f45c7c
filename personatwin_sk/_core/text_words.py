"""Texts as 64-bit words, two characters a word (UTF-32), and their keyed hashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.siphash import siphash_words

__all__ = ["hash_texts"]

_CHUNK = 1 << 14  # texts that are spread out at a time


def hash_texts(key: tuple[int, int], texts: pd.Series) -> np.ndarray:
    """Hash each text of a column by its characters.

    Parameters
    ----------
    key : pair of int
    texts : pandas.Series of str, shape (n,)
        Of object or any text dtype. What a null gives is of no meaning.

    Returns
    -------
    numpy.ndarray of uint64, shape (n,)
        The same for the same text, however the column stores it.
    """
    result = np.empty(len(texts), dtype=np.uint64)
    place = 0
    for stored in _arrow_pieces(texts):
        for start in range(0, len(stored), _CHUNK):
            words, lengths = _words_of_arrow(stored.slice(start, _CHUNK))
            result[place : place + len(lengths)] = siphash_words(key, words, 4 * lengths)
            place += len(lengths)
    if place == len(texts):
        return result
    values = texts.to_numpy(dtype=object)
    for start in range(0, len(values), _CHUNK):
        words, lengths = _words_of_objects(values[start : start + _CHUNK])
        result[start : start + _CHUNK] = siphash_words(key, words, 4 * lengths)
    return result


def _arrow_pieces(texts: pd.Series) -> list[Any]:
    """Give the Arrow arrays that a column is stored in; none if it is stored otherwise."""
    if getattr(texts.dtype, "storage", None) != "pyarrow":
        return []
    stored: list[Any] = texts.array.__arrow_array__().chunks  # type: ignore[attr-defined]
    known = all(str(piece.type) in ("string", "large_string") for piece in stored)
    return stored if known else []


def _words_of_arrow(piece: Any) -> tuple[np.ndarray, np.ndarray]:
    """Read plain ASCII from the bytes themselves, without making an object of each text."""
    _, offsets, data = piece.buffers()
    width = 4 if str(piece.type) == "string" else 8
    places = np.frombuffer(
        offsets, dtype=f"<i{width}", count=len(piece) + 1, offset=piece.offset * width
    ).astype(np.int64)
    n_bytes = int(places[-1] - places[0])
    flat = np.frombuffer(data or b"", dtype=np.uint8, count=n_bytes, offset=int(places[0]))
    if n_bytes and flat.max() > 127:
        return _words_of_objects(piece.fill_null("").to_numpy(zero_copy_only=False))
    lengths = np.diff(places)
    characters = np.zeros((len(lengths), _width(lengths)), dtype=np.uint8)
    if (lengths == lengths[0]).all():
        characters[:, : lengths[0]] = flat.reshape(len(lengths), lengths[0])
    else:
        characters[np.arange(characters.shape[1]) < lengths[:, np.newaxis]] = flat
    return characters.astype("<u4").view("<u8").astype(np.uint64, copy=False), lengths


def _words_of_objects(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    texts = [value if isinstance(value, str) else "" for value in values.tolist()]
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    width = _width(lengths)
    characters = np.array(texts, dtype=f"<U{width}").view("<u4").reshape(len(texts), width)
    return characters.view("<u8").astype(np.uint64, copy=False), lengths


def _width(lengths: np.ndarray) -> int:
    """Give the number of characters of the widest text in whole words, one word to spare."""
    return 2 * (int(lengths.max(initial=0)) // 2 + 1)
