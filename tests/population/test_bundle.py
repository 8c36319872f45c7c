from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from personatwin_sk.population import _bundle

COUNTS = hnp.arrays(
    np.int64,
    hnp.array_shapes(min_dims=1, max_dims=4, max_side=5),
    elements=st.integers(0, 2**24 - 1),
)


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(["people", "fips", "by age"]), COUNTS, min_size=1))
def test_what_is_packed_comes_back(arrays):
    back = _bundle.unpack(_bundle.pack(arrays))
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].shape == array.shape
        assert np.array_equal(back[name], array)


@pytest.mark.parametrize("count", [-1, 2**24])
def test_a_count_that_does_not_fit_is_refused(count):
    with pytest.raises(ValueError, match="'people' holds counts outside 0 to 16777215"):
        _bundle.pack({"people": np.array([1, count])})


def test_an_empty_array_can_be_packed():
    assert _bundle.unpack(_bundle.pack({"nobody": np.zeros((0, 3), int)}))["nobody"].shape == (0, 3)


def test_file_is_small():
    file = Path(_bundle.__file__).parent / "data" / _bundle.FILE_NAME
    assert file.stat().st_size < 600_000


def test_bundle_holds_the_published_tables(shared_data):
    bundled = _bundle.read()
    state = np.load(shared_data / "census" / "state_joint_2024.npz")
    by_age = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    by_race = np.load(shared_data / "census" / "county_sex_race_hispanic_2020.npz")
    assert bundled["state_fips"].tolist() == [int(code) for code in state["fips"]]
    assert bundled["county_fips"].tolist() == [int(code) for code in by_age["fips"]]
    assert np.array_equal(np.moveaxis(bundled["state_joint"], -1, 0), state["counts"])
    assert np.array_equal(
        np.moveaxis(bundled["county_sex_race_hispanic"], -1, 0), by_race["counts"]
    )
    assert np.array_equal(bundled["county_single_years"], by_age["counts"])
    for band in range(18):
        ages = slice(5 * band, 5 * band + 5) if band < 17 else slice(85, 86)
        expected = by_age["counts"][:, ages].sum(axis=1)
        assert np.array_equal(bundled["county_age_sex"][:, band], expected)
    ohio = [code.startswith("39") for code in by_age["fips"]]
    assert np.array_equal(
        bundled["state_single_years"][..., state["fips"].tolist().index("39")],
        by_age["counts"][ohio].sum(axis=0),
    )


def test_the_builder_makes_the_bundled_file(shared_data, tmp_path, monkeypatch, capsys):
    (tmp_path / "data").mkdir()
    bundled = _bundle.read()
    monkeypatch.setattr(_bundle, "__file__", str(tmp_path / "_bundle.py"))
    monkeypatch.setattr(_bundle, "files", lambda package: tmp_path)
    assert _bundle.main([str(shared_data / "census")]) == 0
    first = (tmp_path / "data" / _bundle.FILE_NAME).read_bytes()
    assert f"{len(first):,} bytes" in capsys.readouterr().out
    assert _bundle.main([str(shared_data / "census")]) == 0
    assert (tmp_path / "data" / _bundle.FILE_NAME).read_bytes() == first
    rebuilt = _bundle.read()
    assert list(rebuilt) == list(bundled)
    assert all(np.array_equal(rebuilt[name], array) for name, array in bundled.items())


@settings(max_examples=40)
@given(
    hnp.arrays(np.int64, (2, 86, 2), elements=st.integers(0, 200)),
    hnp.arrays(np.int64, (2, 86, 2), elements=st.sampled_from([0, 0, 3, 70_000])),
)
def test_single_years_come_back_whatever_is_expected_of_them(years, states):
    """Also where the state has nobody in a band that the county has people in."""
    surprises = _bundle._surprises(years, states)
    assert surprises.shape == (2, 68, 2) and (surprises >= 0).all()
    bands = [years[:, 5 * at : 5 * at + 5].sum(axis=1) for at in range(18)]
    back = _bundle._single_years(np.stack(bands, axis=1), states, surprises)
    assert np.array_equal(back, years)


def test_a_county_like_its_state_holds_no_surprises():
    state = np.full((1, 86, 2), 50)
    assert not _bundle._surprises(state // 10, state).any()


def write_tables(
    folder, *, county_fips=("01001", "02001"), race_fips=None, state_fips=("01", "02")
):
    race_fips = county_fips if race_fips is None else race_fips
    for name, fips, shape in (
        ("state_joint_2024", state_fips, (18, 2, 6, 2)),
        ("county_age_sex_2023", county_fips, (86, 2)),
        ("county_sex_race_hispanic_2020", race_fips, (2, 6, 2)),
    ):
        counts = np.arange(len(fips) * np.prod(shape)).reshape(len(fips), *shape)
        np.savez(folder / f"{name}.npz", fips=np.array(fips), counts=counts)


def test_tables_of_the_same_places_are_packed(tmp_path):
    write_tables(tmp_path)
    built = _bundle.unpack(_bundle.build(tmp_path))
    assert built["state_joint"].shape == (18, 2, 6, 2, 2)
    assert built["state_joint"][0, 0, 0].tolist() == [[0, 432], [1, 433]]
    assert built["county_age_sex"][0, 0].tolist() == [0 + 2 + 4 + 6 + 8, 1 + 3 + 5 + 7 + 9]
    assert built["county_age_sex"][0, 17].tolist() == [170, 171]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"race_fips": ("01001", "02003")}, "different counties"),
        ({"county_fips": ("01001", "03001")}, "different states"),
    ],
)
def test_tables_of_different_places_are_refused(tmp_path, tables, message):
    write_tables(tmp_path, **tables)
    with pytest.raises(ValueError, match=message):
        _bundle.build(tmp_path)


def test_builder_wants_one_folder(capsys):
    assert _bundle.main([]) == 2
    assert "usage" in capsys.readouterr().err
