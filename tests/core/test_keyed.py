"""Keyed randomness: what is hashed, against a second writing of SipHash; draws against chance."""

from __future__ import annotations

import copy
import datetime
import pickle
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personatwin_sk._core.keyed import SecretKey, uniform_integers, uniform_unit

REFERENCE_KEY = bytes(range(16))
KEY = SecretKey(REFERENCE_KEY)
Sip = Callable[[bytes, bytes], int]


def test_a_row_of_ids_is_hashed_as_the_words_of_its_parts(sip: Sip) -> None:
    people, events = pd.Series([7, 8]), pd.Series([1, 1])

    def word(value: int, kind: str) -> bytes:
        return value.to_bytes(8, "little") + ord(kind).to_bytes(8, "little")

    expected = []
    for person in (7, 8):
        parts = [
            sip(REFERENCE_KEY, b"date"),
            sip(REFERENCE_KEY, word(person, "i")),
            sip(REFERENCE_KEY, word(1, "i")),
        ]
        message = b"".join(part.to_bytes(8, "little") for part in parts)
        expected.append(sip(REFERENCE_KEY, message))
    assert KEY.hash("date", people, events).tolist() == expected


def spelled(sip: Sip, text: str) -> int:
    """What a text stands for: the hash of its characters, four bytes each."""
    raw = b"".join(ord(character).to_bytes(4, "little") for character in text)
    return sip(REFERENCE_KEY, raw)


STORED = {
    "object": lambda texts: pd.Series(texts, dtype=object),
    "str": lambda texts: pd.Series(texts, dtype="str"),
    "python": lambda texts: pd.Series(texts, dtype=pd.StringDtype("python")),
    "arrow": lambda texts: pd.Series(texts, dtype=pd.StringDtype("pyarrow")),
    "pieces": lambda texts: pd.concat(
        [pd.Series([text], dtype=pd.StringDtype("pyarrow")) for text in texts], ignore_index=True
    ),
    "slice": lambda texts: pd.Series(["x", "yy", *texts], dtype="str").iloc[2:],
    "large": lambda texts: pd.Series(texts, dtype=pd.ArrowDtype(pyarrow.large_string())),
    "categories": lambda texts: pd.Series(texts, dtype="category"),
}
# pandas 2 takes a text to end at its first NUL where it numbers distinct ones.
NUL = "\0" if int(pd.__version__.partition(".")[0]) >= 3 else ""
plain_texts = st.text(f"ab{NUL} 9é白\U0001f600", max_size=9)


@pytest.mark.parametrize("stored", STORED)
@given(st.lists(st.one_of(st.none(), plain_texts), min_size=1, max_size=20))
def test_texts_are_hashed_by_their_characters_however_they_are_stored(
    sip: Sip, stored: str, texts: list[str | None]
) -> None:
    null = sip(REFERENCE_KEY, bytes(8) + ord("n").to_bytes(8, "little"))
    expected = [null if text is None else spelled(sip, text) for text in texts]
    assert KEY.words(STORED[stored](texts)).tolist() == expected


@pytest.mark.parametrize("stored", ["object", "str"])
@pytest.mark.parametrize("n_distinct", [3, 40_000])
def test_many_texts_that_repeat_or_not(sip: Sip, stored: str, n_distinct: int) -> None:
    texts = [f"E{i % n_distinct:07d}"[: 4 + i % 5] for i in range(40_000)]
    texts[20_000] = "白"  # one piece of the column is not ASCII
    hashes = KEY.words(STORED[stored](texts))
    for row in (0, 1, 16_383, 16_384, 20_000, 39_999):
        assert int(hashes[row]) == spelled(sip, texts[row])
    codes, distinct = pd.factorize(np.array(texts, dtype=object))
    assert len(np.unique(hashes)) == len(distinct)
    assert pd.Series(hashes).groupby(codes).nunique().eq(1).all()


def test_a_text_of_another_class_is_that_text(sip: Sip) -> None:
    class Name(str):
        __slots__ = ()

    mixed = pd.Series([Name("a"), "a", np.str_("a"), 1, None], dtype=object)
    hashes = KEY.words(mixed)
    assert len(set(hashes[:3].tolist())) == 1
    assert hashes[:3].tolist() == KEY.words(mixed[:3]).tolist() == [spelled(sip, "a")] * 3


def test_words_that_were_read_once_serve_several_draws() -> None:
    people, events = pd.Series(["a", "b", None]), pd.Series([1, 2, 2])
    words = KEY.words(people), KEY.words(events)
    for domain in ("", "x", "a domain of more than eight bytes"):
        expected = KEY.hash(domain, people, events).tolist()
        assert KEY.combine(domain, *words).tolist() == expected
        assert KEY.combine(domain, words[1], words[0]).tolist() != expected


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
