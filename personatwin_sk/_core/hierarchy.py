"""A hierarchy of a user's own: places, diagnoses, anything of which finer values lie in coarser."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy_table import build_tree, label_text, read_level
from personatwin_sk._core.labels import parse_label
from personatwin_sk._core.roles import find_column
from personatwin_sk.exceptions import InputError

__all__ = ["ROOT_LABEL", "ROOT_LEVEL", "Hierarchy", "read_hierarchies"]

ROOT_LEVEL = "all"
ROOT_LABEL = "*"

_UNKNOWN = -1


class Hierarchy:
    """A tree of labels, known by levels from the finest to the root.

    Make one with `from_frame`. Its nodes are numbers: the finest values ("leaves") come first, from
    0 on, ordered so that those below one node stand side by side; then the next level; the root
    comes last. -1 is no node.

    Attributes
    ----------
    levels : tuple of str
        Names of the levels, finest first. The last one has one node, the root.
    n_leaves : int
        Number of values of the finest level.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk._core.hierarchy import Hierarchy
    >>> france = Hierarchy.from_frame(
    ...     pd.DataFrame(
    ...         {
    ...             "commune": ["Lyon", "Bron", "Nice", "Menton"],
    ...             "departement": ["Rhone", "Rhone", "Alpes-Maritimes", "Alpes-Maritimes"],
    ...         }
    ...     )
    ... )
    >>> france
    Hierarchy(levels=('commune', 'departement', 'all'), n_leaves=4)
    >>> nodes = france.find(["Lyon", "Menton", "Rhone", "Atlantis"])
    >>> france.labels(france.climb(nodes, "departement")).tolist()
    ['Rhone', 'Alpes-Maritimes', 'Rhone', None]
    >>> france.labels([france.common_ancestor(nodes[:2])]).tolist()
    ['*']
    >>> france.leaf_count(nodes).tolist()
    [1, 1, 2, 0]
    """

    def __init__(
        self, levels: tuple[str, ...], ancestors: np.ndarray, labels: np.ndarray, starts: np.ndarray
    ) -> None:
        self.levels = levels
        # Row i: where each node climbs to, if it is to be at level i or above.
        self._ancestors = ancestors
        self._labels = labels
        self.n_leaves = int(starts[1]) if len(starts) > 1 else 1
        self._starts = starts
        leaves_of = np.stack([_ends(row[: self.n_leaves], len(labels)) for row in ancestors])
        self._first_leaf, self._n_below = leaves_of[:, 0].max(axis=0), leaves_of[:, 1].max(axis=0)
        self._findable = self._findable_nodes()
        self._index = pd.Index(labels[self._findable], dtype=object)

    @classmethod
    def from_frame(cls, frame: Any) -> Hierarchy:
        """Make a hierarchy of a tidy table.

        Parameters
        ----------
        frame : table of shape (n_rows, n_levels)
            One row per finest value; one column per level, the finest first. Values are texts or
            numbers; blanks around a text do not count. Where the coarsest column has several
            values, a level ``"all"`` with the one label ``"*"`` is put above it.

        Returns
        -------
        Hierarchy

        Raises
        ------
        InputError
            If the table is empty or has nulls, if a value lies in several coarser ones, or if a
            label means different things at different levels. (Paris, the one commune of the
            departement of Paris, does not.)
        """
        table = Table.of(frame)
        if not table.n_rows or not table.columns:
            raise InputError(
                "a hierarchy needs a row per finest value and a column per level, finest first; "
                f"the table has {table.n_rows} row(s) and {len(table.columns)} column(s)"
            )
        names = [str(name) for name in table.columns]
        codes, texts = [], []
        for name in table.columns:
            code, text = read_level(table[name], str(name))
            codes.append(code)
            texts.append(text)
        if len(texts[-1]) > 1:
            if ROOT_LEVEL in names:
                raise InputError(
                    f"the coarsest column {names[-1]!r} has {len(texts[-1])} values, and the level "
                    f"above it cannot be called {ROOT_LEVEL!r} as a column is; rename that column"
                )
            names.append(ROOT_LEVEL)
            codes.append(np.zeros(table.n_rows, dtype=np.int64))
            texts.append(np.array([ROOT_LABEL], dtype=object))
        return cls(tuple(names), *build_tree(names, codes, texts))

    @classmethod
    def of(cls, source: Any) -> Hierarchy:
        """Give a hierarchy as it is, and make one of a table.

        Parameters
        ----------
        source : Hierarchy or table
            What `from_frame` takes, or its result.

        Returns
        -------
        Hierarchy

        Raises
        ------
        InputError
            As in `from_frame`.
        """
        return source if isinstance(source, Hierarchy) else cls.from_frame(source)

    @property
    def n_nodes(self) -> int:
        """Number of nodes, of all levels together; the root is the last."""
        return len(self._labels)

    def __repr__(self) -> str:
        return f"Hierarchy(levels={self.levels!r}, n_leaves={self.n_leaves})"

    def find(self, texts: Sequence[Any] | np.ndarray | pd.Series) -> np.ndarray:
        r"""Find labels of any level.

        Parameters
        ----------
        texts : sequence of length n
            Labels, as the table wrote them or as a release does (``|`` escaped by ``\``); numbers
            stand for their texts.

        Returns
        -------
        ndarray of int64, shape (n,)
            Node numbers; -1 for what is no label of the hierarchy, null among it.
        """
        column = pd.Series(list(texts), dtype=object)
        try:
            codes, distinct = pd.factorize(column, use_na_sentinel=True)
        except TypeError:  # a list or a set has no hash, and is no label
            is_plain = column.map(lambda value: isinstance(value, str | Number | np.generic))
            codes, distinct = pd.factorize(column.where(is_plain, None), use_na_sentinel=True)
        nodes = self._look_up(pd.Index(distinct, dtype=object, tupleize_cols=False))
        for position in np.flatnonzero(nodes < 0).tolist():
            nodes[position] = self._find_other_spelling(distinct[position])
        return np.append(nodes, _UNKNOWN)[codes]

    def level_of(self, nodes: Any) -> np.ndarray:
        """Give the position of each node's level in `levels`: 0 is the finest; -1 of no node.

        Parameters
        ----------
        nodes : array-like of int, shape (n,)

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        nodes = np.asarray(nodes, dtype=np.int64)
        return np.where(nodes < 0, _UNKNOWN, np.searchsorted(self._starts, nodes, "right") - 1)

    def climb(self, nodes: Any, level: str) -> np.ndarray:
        """Give each node's ancestor at a level; a node at that level or above it stays.

        Parameters
        ----------
        nodes : array-like of int, shape (n,)
        level : str
            One of `levels`.

        Returns
        -------
        ndarray of int64, shape (n,)
            -1 stays -1.

        Raises
        ------
        InputError
            If there is no such level.
        """
        if level not in self.levels:
            raise InputError(f"level must be one of {', '.join(map(repr, self.levels))}")
        nodes = np.asarray(nodes, dtype=np.int64)
        climbed = self._ancestors[self.levels.index(level)][nodes]
        return np.where(nodes < 0, _UNKNOWN, climbed)

    def common_ancestor(self, nodes: Any) -> int:
        """Give the finest node that all of the nodes lie in or are.

        Parameters
        ----------
        nodes : array-like of int, shape (n,)
            One or more.

        Returns
        -------
        int

        Raises
        ------
        InputError
            If there are no nodes, or if some of them are none (-1).
        """
        nodes = np.atleast_1d(np.asarray(nodes, dtype=np.int64))
        if not len(nodes):
            raise InputError("common_ancestor needs at least one node")
        return int(self.common_ancestors(np.zeros(len(nodes), dtype=np.int64), nodes, 1)[0])

    def common_ancestors(self, group: np.ndarray, nodes: np.ndarray, n_groups: int) -> np.ndarray:
        """Give the common ancestor of each group of nodes.

        Parameters
        ----------
        group : ndarray of int64, shape (n,)
            The group of each node, from 0.
        nodes : ndarray of int64, shape (n,)
        n_groups : int

        Returns
        -------
        ndarray of int64, shape (n_groups,)
            -1 for a group without nodes.

        Raises
        ------
        InputError
            If some nodes are none (-1).
        """
        n_bad = int((nodes < 0).sum())
        if n_bad:
            raise InputError(f"{n_bad} of {len(nodes)} nodes are no nodes of the hierarchy")
        result = np.full(n_groups, _UNKNOWN, dtype=np.int64)
        for climb in self._ancestors:
            lowest = np.full(n_groups, self.n_nodes, dtype=np.int64)
            highest = np.full(n_groups, _UNKNOWN, dtype=np.int64)
            np.minimum.at(lowest, group, climb[nodes])
            np.maximum.at(highest, group, climb[nodes])
            result = np.where((result < 0) & (lowest == highest), lowest, result)
        return result

    def leaf_count(self, nodes: Any) -> np.ndarray:
        """Count the finest values below each node; a finest value counts itself, -1 has none.

        Parameters
        ----------
        nodes : array-like of int, shape (n,)

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        nodes = np.asarray(nodes, dtype=np.int64)
        return np.where(nodes < 0, 0, self._n_below[nodes])

    def spans(self, nodes: Any) -> tuple[np.ndarray, np.ndarray]:
        """Give where the leaves of nodes begin, and how many there are.

        The spans of two nodes never overlap without the one lying in the other.

        Parameters
        ----------
        nodes : array-like of int, shape (n,)

        Returns
        -------
        first, count : ndarray of int64, shape (n,)
            Both 0 for -1.
        """
        nodes = np.asarray(nodes, dtype=np.int64)
        return np.where(nodes < 0, 0, self._first_leaf[nodes]), self.leaf_count(nodes)

    def leaves_under(self, node: int) -> np.ndarray:
        """Give the finest values below a node, in ascending order; a finest value gives itself.

        Parameters
        ----------
        node : int

        Returns
        -------
        ndarray of int64, shape (leaf_count,)
            Empty for -1.
        """
        if node < 0:
            return np.empty(0, dtype=np.int64)
        first = int(self._first_leaf[node])
        return np.arange(first, first + int(self._n_below[node]), dtype=np.int64)

    def labels(self, nodes: Any) -> np.ndarray:
        """Give the labels of nodes, as the table wrote them without the blanks around them.

        Parameters
        ----------
        nodes : array-like of int, shape (n,)

        Returns
        -------
        ndarray of object, shape (n,)
            None for -1.
        """
        return np.append(self._labels, np.array([None], dtype=object))[
            np.asarray(nodes, dtype=np.int64)
        ]

    def _findable_nodes(self) -> np.ndarray:
        """Give the finest node of each label; refuse labels that mean several things."""
        codes, _ = pd.factorize(self._labels)
        finest = np.full(codes.max() + 1, len(codes), dtype=np.int64)
        np.minimum.at(finest, codes, np.arange(len(codes)))
        of_node = finest[codes]
        differs = (self._first_leaf != self._first_leaf[of_node]) | (
            self._n_below != self._n_below[of_node]
        )
        n_bad = len(np.unique(codes[differs]))
        if n_bad:
            raise InputError(
                f"{n_bad} labels stand at several levels of the hierarchy for different sets of "
                "finest values; write them so that each label says what it means"
            )
        return finest

    def _look_up(self, texts: pd.Index) -> np.ndarray:
        at = self._index.get_indexer(texts)
        return np.append(self._findable, _UNKNOWN)[at]

    def _find_other_spelling(self, value: Any) -> int:
        text = label_text(value)
        if text is None:
            return _UNKNOWN
        spellings = [text]
        label = parse_label(text)
        if isinstance(label, str):
            spellings.append(label)  # with its escapes taken off
        return int(self._look_up(pd.Index(spellings, dtype=object)).max())


def read_hierarchies(
    hierarchies: Any, table: Table, columns: Sequence[Hashable], *, owner: str
) -> dict[Hashable, Hierarchy]:
    """Read a parameter that gives columns hierarchies.

    Parameters
    ----------
    hierarchies : mapping of column -> Hierarchy or table, or None
        A column by name, or by position for arrays.
    table : Table
        Where the columns are.
    columns : sequence of column
        Those that may have one.
    owner : str
        Who asks, for the message.

    Returns
    -------
    dict of column name -> Hierarchy

    Raises
    ------
    ColumnNotFoundError
        If a column is not in the table.
    InputError
        If `hierarchies` is no mapping, names other columns than `columns`, or a table in it is no
        hierarchy.

    Examples
    --------
    >>> import pandas as pd
    >>> people = Table.of(pd.DataFrame({"town": ["Lyon"]}))
    >>> towns = pd.DataFrame({"town": ["Lyon", "Bron"], "area": ["Rhone", "Rhone"]})
    >>> read_hierarchies({"town": towns}, people, ["town"], owner="PersonaMerger")
    {'town': Hierarchy(levels=('town', 'area'), n_leaves=2)}
    """
    if hierarchies is None:
        return {}
    if not isinstance(hierarchies, Mapping):
        raise InputError(
            f"{owner}: hierarchies must be a mapping of columns to hierarchies or tables, got "
            f"{type(hierarchies).__name__}."
        )
    found = {}
    for column, source in hierarchies.items():
        name = find_column(table, column, parameter="hierarchies", owner=owner)
        if name is None or name not in columns:
            raise InputError(
                f"{owner}: the parameter hierarchies names the column {column!r}, which is none of "
                "those that can have one."
            )
        found[name] = Hierarchy.of(source)
    return found


def _ends(node_of_leaf: np.ndarray, n_nodes: int) -> np.ndarray:
    """Give the first leaf and the number of leaves of each node of one level; 0 for other nodes."""
    counts = np.bincount(node_of_leaf, minlength=n_nodes)
    nodes, first = np.unique(node_of_leaf, return_index=True)
    starts = np.zeros(n_nodes, dtype=np.int64)
    starts[nodes] = first
    return np.stack([starts, counts])
