"""Reading a table of levels as a tree: its labels, its nodes, and where each of them climbs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.labels import format_label, parse_label
from personatwin_sk.exceptions import InputError

__all__ = ["build_tree", "label_text", "read_level"]


def label_text(value: Any) -> str | None:
    """Give the text of a label.

    Parameters
    ----------
    value : str, number or None

    Returns
    -------
    str or None
        Without the blanks around it; None if the value is null or blank.

    Examples
    --------
    >>> label_text(" Lyon "), label_text(69123.0), label_text(None), label_text(" ")
    ('Lyon', '69123', None, None)
    """
    text = value.strip() if isinstance(value, str) else format_label(parse_label(value))
    return text or None


def read_level(column: pd.Series, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Number the labels of a column in sorted order.

    Parameters
    ----------
    column : pandas.Series of shape (n_rows,)
    name : str
        Its name, for the message.

    Returns
    -------
    codes : numpy.ndarray of int64, shape (n_rows,)
    labels : numpy.ndarray of object, shape (n_labels,)

    Raises
    ------
    InputError
        Some values are null or blank.

    Examples
    --------
    >>> codes, labels = read_level(pd.Series(["Nice", "Lyon "]), "town")
    >>> codes.tolist(), labels.tolist()
    ([1, 0], ['Lyon', 'Nice'])
    """
    codes, values = factorize(column)
    texts = np.array(
        [
            None if null else label_text(value)
            for value, null in zip(values.tolist(), is_null(values), strict=True)
        ],
        dtype=object,
    )
    n_null = int(is_null(texts)[codes].sum())
    if n_null:
        raise InputError(
            f"{n_null} of {len(column)} values of {name!r} are null or blank; every row of a "
            "hierarchy says where it lies at every level"
        )
    # Two values may be one label: the number 1 and the text "1".
    labels, number = np.unique(texts.astype(str), return_inverse=True)
    return number.reshape(-1).astype(np.int64)[codes], labels.astype(object)


def build_tree(
    names: Sequence[str], codes: Sequence[np.ndarray], texts: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the nodes of a tree, level by level, the leaves below any node side by side.

    Parameters
    ----------
    names : sequence of str, of length n_levels
        The levels, finest first.
    codes : sequence of numpy.ndarray of int64, each of shape (n_rows,)
        The label of each row at each level.
    texts : sequence of numpy.ndarray of object, each of shape (n_labels,)
        The labels of each level.

    Returns
    -------
    ancestors : ndarray of int64, shape (n_levels, n_nodes)
    labels : ndarray of object, shape (n_nodes,)
    starts : ndarray of int64, shape (n_levels,)
        The first node of each level.

    Raises
    ------
    InputError
        Some labels lie in several of the next level; the message counts them.

    Examples
    --------
    >>> towns, areas = np.array(["a", "b"], dtype=object), np.array(["x"], dtype=object)
    >>> codes = [np.array([0, 1]), np.array([0, 0])]
    >>> ancestors, labels, starts = build_tree(["town", "area"], codes, [towns, areas])
    >>> ancestors.tolist(), labels.tolist(), starts.tolist()
    ([[0, 1, 2], [2, 2, 2]], ['a', 'b', 'x'], [0, 2])
    """
    for finer, coarser, name, above in zip(
        codes[:-1], codes[1:], names[:-1], names[1:], strict=True
    ):
        _, first = group_rows([finer, coarser])
        n_bad = int((np.bincount(finer[first]) > 1).sum())
        if n_bad:
            raise InputError(
                f"{n_bad} values of {name!r} lie in several values of {above!r}; names that "
                "several of them have need something that tells them apart, such as a code"
            )
    _, rows = np.unique(codes[0], return_index=True)
    # Sorted by the coarsest level first, the leaves below any node stand side by side.
    rows = rows[np.lexsort([code[rows] for code in codes])]
    sizes = [len(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    of_leaf, labels = [], []
    for code, text, start in zip(codes, texts, starts, strict=True):
        _, first = np.unique(code[rows], return_index=True)
        order = np.argsort(first)
        number = np.empty(len(text), dtype=np.int64)
        number[order] = np.arange(len(text))
        of_leaf.append(start + number[code[rows]])
        labels.append(text[order])
    n_nodes = sum(sizes)
    ancestors = np.tile(np.arange(n_nodes, dtype=np.int64), (len(sizes), 1))
    for level in range(len(sizes)):
        for below in range(level):
            ancestors[level, of_leaf[below]] = of_leaf[level]
    return ancestors, np.concatenate(labels), starts
