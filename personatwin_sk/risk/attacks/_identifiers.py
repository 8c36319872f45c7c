"""Released identifiers from which the original ones, or the order of the input, can be told."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.risk._classes import Classes

__all__ = ["find_identifier_weaknesses"]

# One time in about 16,000 a statistic of an innocent release is beyond this.
_FAR = 4.0
_WEAK_CORRELATION = 0.1
_STRONG_CORRELATION = 0.5
_FEWEST = 8
_SHORTEST_HASH = 8
_MOST_HASHED = 2000

_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    "SHA-224": lambda data: hashlib.sha224(data).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA-512": lambda data: hashlib.sha512(data).hexdigest(),
    "SHA3-256": lambda data: hashlib.sha3_256(data).hexdigest(),
    "BLAKE2b": lambda data: hashlib.blake2b(data).hexdigest(),
    "CRC-32": lambda data: f"{zlib.crc32(data):08x}",
}


def find_identifier_weaknesses(
    original: Table,
    released: Table,
    quasi_identifiers: Sequence[Hashable],
    classes: Classes,
    person_id: Hashable | None,
    id_columns: Sequence[Hashable],
) -> list[str]:
    """Try to tell original ids and input order from released ids.

    Parameters
    ----------
    original, released : Table
    quasi_identifiers : sequence of column
    classes : Classes
    person_id : column or None
    id_columns : sequence of column
        Columns of `released` that hold ids of people, personas or events.

    Returns
    -------
    list of str
        One sentence per weakness; columns and counts only.
    """
    shown = np.flatnonzero(classes.class_of_row >= 0)
    remarks: list[str] = []
    if not len(shown):
        return remarks
    for name in id_columns:
        column = released[name].iloc[shown].reset_index(drop=True)
        sources = {
            source: original[source].iloc[shown].reset_index(drop=True)
            for source in dict.fromkeys((person_id, name))
            if source is not None and source in original
        }
        direct = _kept_or_hashed(name, column, sources)
        if direct:  # then their order says nothing more
            remarks += direct
            continue
        orders = {"the order of the input": shown.astype(float)}
        for source, values in sources.items():
            orders[f"the order of the original {source!r}"] = _numbers(values)
        for what, order in orders.items():
            if _follows(column, order, shown, released, quasi_identifiers, classes):
                remarks.append(
                    f"The released column {name!r} is numbered along {what}: whoever knows that "
                    "order can tell people of one class apart. Draw ids at random, with a key."
                )
                break
    return remarks


def _kept_or_hashed(
    name: Hashable, column: pd.Series, sources: dict[Hashable, pd.Series]
) -> list[str]:
    released = column.astype(str).str.lower()
    for source, values in sources.items():
        pairs = pd.DataFrame({"out": released, "in": values.astype(str)})
        pairs = pairs[~is_null(column) & ~is_null(values)].drop_duplicates()
        n_pairs = len(pairs)
        if n_pairs < 2 or pairs["in"].nunique() < 2:
            continue
        same = int((pairs["out"] == pairs["in"].str.lower()).sum())
        # Small numbers agree by chance; an id that is kept agrees nearly always.
        if same > 0.5 * n_pairs or (same and _is_long(pairs["out"])):
            return [
                f"The released column {name!r} holds the original {source!r} itself for {same} of "
                f"{n_pairs} ids."
            ]
        pairs = pairs[pairs["out"].str.len() >= _SHORTEST_HASH].head(_MOST_HASHED)
        texts = [text.encode() for text in pairs["in"]]
        for method, digest in _HASHES.items():
            found = sum(
                digest(text).startswith(out) or out.endswith(digest(text))
                for text, out in zip(texts, pairs["out"], strict=True)
            )
            if found:
                return [
                    f"The released column {name!r} is the {method} hash of the original "
                    f"{source!r} for {found} of {len(pairs)} ids that were tried: hashing all "
                    "possible ids undoes it. Use a secret key, or no id at all."
                ]
    return []


def _is_long(ids: pd.Series) -> bool:
    return bool((ids.str.len() >= _SHORTEST_HASH).all())


def _numbers(column: pd.Series) -> np.ndarray:
    """Give ids an order: that of their digits where all have a number, else that of the text."""
    texts = column.astype(str)
    digits = texts.str.extract(r"(\d{1,15})\D*$")[0]
    codes, values = factorize(texts)
    if digits.notna().all():
        numbers = digits.astype(float).to_numpy()
        if len(np.unique(numbers)) == len(values):
            return numbers
    return codes.astype(float)


def _follows(
    column: pd.Series,
    order: np.ndarray,
    shown: np.ndarray,
    released: Table,
    keys: Sequence[Hashable],
    classes: Classes,
) -> bool:
    """Tell whether ids follow an order more than chance and the key variables explain."""
    unit, first = group_rows([factorize(column)[0]])
    n_units = len(first)
    number = _ranks(_numbers(column)[first])
    place = _ranks(np.bincount(unit, weights=order) / np.bincount(unit))
    class_of_unit = classes.class_of_row[shown][first]
    if n_units > classes.n_classes:
        # Within a class the key variables explain nothing: any order of its ids is as likely.
        sizes = np.bincount(class_of_unit, minlength=classes.n_classes)
        a, b = (_centred(values, class_of_unit, sizes) for values in (number, place))
        together = np.bincount(class_of_unit, weights=a * b, minlength=len(sizes))
        spread_a, spread_b = (
            np.bincount(class_of_unit, weights=x * x, minlength=len(sizes)) for x in (a, b)
        )
        # Variance of sum(a * b) over all orders of b within the classes.
        variance = float((spread_a * spread_b / np.maximum(sizes - 1, 1)).sum())
        most = float(np.sqrt(spread_a.sum() * spread_b.sum()))
        if variance <= 0 or n_units < _FEWEST:
            return False
        far = abs(float(together.sum())) / np.sqrt(variance)
        return bool(far > _FAR and abs(float(together.sum())) > _WEAK_CORRELATION * most)
    known = [_ranks(_numbers(released[name].iloc[shown[first]])) for name in keys]
    rest = [np.ones(n_units), class_of_unit.astype(float), *known]
    freedom = n_units - len(rest) - 1
    if freedom < _FEWEST:
        return False
    design = np.stack(rest, axis=1)
    left = [y - design @ np.linalg.lstsq(design, y, rcond=None)[0] for y in (number, place)]
    norms = [float(np.linalg.norm(x)) for x in left]
    if min(norms) <= 1e-6 * n_units:
        return False
    correlation = abs(float(left[0] @ left[1])) / (norms[0] * norms[1])
    return bool(correlation > _STRONG_CORRELATION and correlation * np.sqrt(freedom) > _FAR)


def _ranks(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).rank().to_numpy(dtype=float)


def _centred(values: np.ndarray, group: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    mean = np.bincount(group, weights=values, minlength=len(sizes)) / np.maximum(sizes, 1)
    return np.asarray(values - mean[group])
