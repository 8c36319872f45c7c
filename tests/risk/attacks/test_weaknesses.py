"""Planted weaknesses are caught, and their clean twins are not flagged."""

from __future__ import annotations

import hashlib
import secrets

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.noise import TemporalNoise
from personatwin_sk.risk.attacks import find_weaknesses

KEYS = ["age", "sex"]


def draw(seed=0, n=400):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "person_id": [f"A{i:05d}" for i in rng.permutation(n)],
            "age": rng.integers(18, 90, n),
            "sex": rng.choice(["F", "M"], n),
        }
    )


def merge(people, k=5):
    merger = PersonaMerger(KEYS, k, person_id="person_id", representation="interval")
    return merger.fit_transform(people)


def look(people, released, **settings):
    return find_weaknesses(people, released, KEYS, person_id="person_id", **settings)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("order", ["shuffled", "by age", "by id"])
def test_a_sound_release_is_not_flagged(seed, order):
    people = draw(seed)
    if order != "shuffled":
        people = people.sort_values({"by age": "age", "by id": "person_id"}[order])
    released = merge(people)
    assert look(people, released, k=5, published=released.sort_values(KEYS)) == []


def test_k_broken():
    people = draw()
    released = merge(people)
    assert look(people, released, k=5) == []
    planted = released.copy()
    planted["age"] = planted["age"].astype(object)
    planted.iloc[0, planted.columns.get_loc("age")] = str(people["age"].iloc[0])
    remarks = look(people, planted, k=5)
    assert len(remarks) == 1
    assert "fewer than 5 people" in remarks[0]
    assert "1 class of one person" in remarks[0]


def test_noise_after_the_merge_is_named_and_before_it_is_not():
    people = draw(1)
    rng = np.random.default_rng(0)

    def flip(sex):
        return sex.where(rng.random(len(sex)) > 0.02, sex.map({"F": "M", "M": "F"}))

    merged = merge(people)
    planted = merged.assign(zone="z")
    planted.loc[planted.index[:3], "zone"] = ["u", "v", "w"]
    original = people.assign(zone="z")
    remarks = find_weaknesses(original, planted, [*KEYS, "zone"], person_id="person_id", k=5)
    assert len(remarks) == 1
    assert "3 classes of one person" in remarks[0]
    assert "'zone'" in remarks[0]
    assert "before it" in remarks[0]
    twin = merge(people.assign(sex=flip(people["sex"])))
    assert look(people, twin, k=5) == []


def with_ids(people, ids):
    return merge(people).assign(person_id=ids)


def test_ids_kept_numbered_or_hashed():
    people = draw(2)
    n = len(people)
    by_id = people["person_id"].rank().astype(int)
    planted = {
        "holds the original": people["person_id"].tolist(),
        "order of the input": [f"P{i:06d}" for i in range(n)],
        "order of the original 'person_id'": [f"P{i:06d}" for i in by_id],
        "SHA-256": [hashlib.sha256(p.encode()).hexdigest() for p in people["person_id"]],
        "MD5": [hashlib.md5(p.encode()).hexdigest()[:12] for p in people["person_id"]],
    }
    for words, ids in planted.items():
        remarks = look(people, with_ids(people, ids), k=5)
        assert len(remarks) == 1, words
        assert words in remarks[0]
        # Columns and counts only.
        assert not any(person in remarks[0] for person in people["person_id"])


def test_random_ids_are_not_flagged():
    people = draw(3)
    rng = np.random.default_rng(99)
    n = len(people)
    for ids in (
        [secrets.token_hex(16) for _ in range(n)],
        [f"P{i:06d}" for i in rng.permutation(n)],
        [hashlib.blake2b(p.encode(), key=b"secret").hexdigest() for p in people["person_id"]],
    ):
        assert look(people, with_ids(people, ids), k=5) == []


def test_partly_guessable_ids():
    # Noise on the numbers hides each of them, and not their order.
    people = draw(4)
    noisy = np.arange(len(people)) + np.random.default_rng(0).normal(0, 60, len(people))
    ids = pd.Series(noisy).rank().astype(int).tolist()
    assert "order of the input" in look(people, with_ids(people, ids), k=5)[0]


def test_persona_numbers_along_the_input():
    people = draw(5, 600).sort_values("person_id").reset_index(drop=True)
    # Personas of neighbours in the input: their numbers say where in it their people stand.
    block = np.arange(600) // 20
    shuffled = np.random.default_rng(0).permutation(30)
    keys = pd.DataFrame({"age": shuffled[block], "sex": "F", "person_id": people["person_id"]})
    planted = keys.assign(person_id=block)
    remarks = look(keys, planted, k=5)
    assert len(remarks) == 1
    assert "numbered along" in remarks[0]
    twin = keys.assign(person_id=np.random.default_rng(1).permutation(30)[block])
    assert look(keys, twin, k=5) == []
    # Numbered along a key variable: that says nothing new.
    assert look(keys, keys.assign(person_id=keys["age"]), k=5) == []


def test_other_id_columns():
    people = draw(6).assign(event_id=[f"E{i}" for i in range(400)])
    released = merge(people)
    remarks = look(people, released, k=5)
    assert len(remarks) == 1
    assert "'event_id'" in remarks[0]
    assert look(people, released, k=5, id_columns=["person_id"]) == []
    redrawn = released.assign(event_id=[f"E{i}" for i in np.random.default_rng(0).permutation(400)])
    assert look(people, redrawn, k=5) == []


def test_order_of_the_published_rows():
    people = draw(7)
    released = merge(people)
    remarks = look(people, released, k=5, published=released[KEYS])
    assert len(remarks) == 1
    assert "order of the input: 400 of 400" in remarks[0]
    shuffled = released.sample(frac=1, random_state=0)
    assert look(people, shuffled.set_axis(people.index), k=2, published=shuffled) != []
    assert look(people, released, k=5, published=shuffled[KEYS]) == []
    assert look(people, released, k=5, published=released.sort_values(KEYS)) == []
    # Half of the rows where they were is still an order.
    half = pd.concat([released.iloc[:200], released.iloc[200:].sample(frac=1, random_state=1)])
    assert "order of the input" in look(people, released, k=5, published=half)[0]


def test_order_within_the_sorted_part_is_still_the_order_of_the_input():
    people = draw(12).assign(note=np.random.default_rng(0).integers(0, 50, 400))
    released = merge(people)
    stable = released.sort_values("age", kind="stable")
    assert "order of the input" in look(people, released, k=5, published=stable)[0]
    clean = released.sort_values(["age", "sex", "note"])
    assert look(people, released, k=5, published=clean) == []


def test_order_of_the_published_personas():
    people = draw(8)
    released = merge(people)
    first_seen = released[KEYS].drop_duplicates()
    assert "order of the input" in look(people, released, k=5, published=first_seen)[0]
    assert look(people, released, k=5, published=first_seen.sample(frac=1, random_state=2)) == []
    assert look(people, released, k=5, published=first_seen.sort_values(KEYS)) == []


def test_unique_histories():
    people = draw(9).assign(kind="charge")
    people["date"] = (np.datetime64("2020-01-01") + np.arange(400) % 360).astype(str)
    released = merge(people)
    events = {"event_type": "kind", "date": "date"}
    bare = look(people, released, k=5, **events)
    assert len(bare) == 1
    assert "unique history" in bare[0]
    year = TemporalNoise("date", precision="year", random_state=0).fit_transform(released)
    assert look(people, year, k=5, **events) == []
    # One person of a class with an event of a kind of its own: suppressed, there is none left.
    planted = year.copy()
    planted.iloc[0, planted.columns.get_loc("kind")] = "appeal"
    assert "1 of 400 people with events has a unique history" in look(people, planted, **events)[0]
    suppressed = planted.copy()
    suppressed.loc[suppressed.index[0], "person_id"] = np.nan
    assert look(people, suppressed, **events) == []


def test_remarks_hold_counts_only():
    people = draw(10)
    for remark in look(people, people, k=3, published=people):
        assert not any(text in remark for text in people["person_id"])


def test_nobody_released_and_bad_input():
    people = draw(11, 30)
    gone = people.assign(person_id=[None] * 30)
    assert look(people, gone, published=gone) == []
    with pytest.raises(InputError, match="k must"):
        look(people, people, k=0)
    with pytest.raises(ColumnNotFoundError, match="id_columns"):
        look(people, people, id_columns=["shoe"])
    with pytest.raises(ColumnNotFoundError):
        look(people, people, event_type="shoe", date="age")


def test_weak_order_within_classes_is_seen():
    people = draw(13)
    noisy = np.arange(400) + np.random.default_rng(0).normal(0, 250, 400)
    ids = pd.Series(noisy).rank().astype(int).tolist()
    assert "order of the input" in look(people, with_ids(people, ids), k=5)[0]


def test_persona_numbers_along_a_key_variable_of_a_sorted_input_say_nothing_new():
    block = np.arange(600) // 20
    people = pd.DataFrame(
        {"age": block.astype(str), "sex": "F", "person_id": [f"A{i:04d}" for i in range(600)]}
    )
    assert look(people, people.assign(person_id=block), k=5) == []
