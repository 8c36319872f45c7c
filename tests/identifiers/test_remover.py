"""IdentifierRemover: what is recognised by name and by content, and what is left alone."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from personatwin_sk.exceptions import ColumnNotFoundError, InputError, NothingSelectedWarning
from personatwin_sk.identifiers import IdentifierRemover

N = 40
NUMBERS = range(N)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORDS = [f"{LETTERS[i // 26]}{LETTERS[i % 26].lower()}" for i in NUMBERS]  # Aa, Ab, ...


def frame_with(values, name="thing"):
    return pd.DataFrame({name: values, "age": [i % 7 for i in range(len(values))]})


# kind -> values, each recognised in a column of any name
BY_CONTENT = {
    "e-mail address": [f"user{i}@example.org" for i in NUMBERS],
    "Social Security number": [f"{100 + i}-{10 + i}-{1000 + i}" for i in NUMBERS],
    "telephone number": [f"({200 + i}) 555-{1000 + i}" for i in NUMBERS],
    "web address": [f"https://example.org/people/{i}" for i in NUMBERS],
    "address of a machine": [f"10.0.{i}.7" for i in NUMBERS],
    "account number": [f"4000-1234-5678-{1000 + i}" for i in NUMBERS],
    "name of a person": [f"{word} Smith" for word in WORDS],
    "street address": [f"{i} Main St, Cincinnati, OH 45202" for i in NUMBERS],
    "near-unique text": [f"seen on day {i}, said little" for i in NUMBERS],
    "Social Security or telephone number": [513_555_0000 + i for i in NUMBERS],
}
MORE_BY_CONTENT = [
    ("telephone number", [f"+44 20 7946 {1000 + i}" for i in NUMBERS]),
    ("telephone number", [f"513-555-{1000 + i} ext. 7" for i in NUMBERS]),
    ("telephone number", [f"513.555.{1000 + i}" for i in NUMBERS]),
    ("Social Security number", [f"{100 + i} 10 {1000 + i}" for i in NUMBERS]),
    ("e-mail address", [f"User {i} <u{i}@example.co.uk>" for i in NUMBERS]),
    ("web address", [f"www.example.org/{i}" for i in NUMBERS]),
    ("name of a person", [f"Smith, {word}" for word in WORDS]),
    ("name of a person", [f"{word}{i} O'Neil{i}" for i, word in enumerate(WORDS)]),
    ("name of a person", [f"{word} J. Müller-Lüdenscheidt" for word in WORDS]),
    ("near-unique text", [f"A-{i}-77" for i in NUMBERS]),
    ("Social Security or telephone number", [str(123_000_000 + i) for i in NUMBERS]),
    ("Social Security or telephone number", [123_000_000.0 + i for i in NUMBERS]),
]
NOT_BY_CONTENT = {
    "few values": ["White", "Black"] * (N // 2),
    "places": [f"{name} County, OH" for name in ("Adams", "Allen", "Ashland", "Athens")] * 10,
    "unique counties": None,  # filled below
    "ZIP codes": [f"{45201 + i}" for i in NUMBERS],
    "dates": [f"2023-01-{1 + i % 28:02d}" for i in NUMBERS],
    "unique dates": pd.date_range("2020-01-01", periods=N).strftime("%d %B %Y").tolist(),
    "timestamps": pd.date_range("2020-01-01", periods=N),
    "small numbers": [i * 1000 for i in NUMBERS],
    "measurements": [i + 0.5 + 1e9 for i in NUMBERS],
    "repeated large numbers": [1_234_567_890] * N,
    "numbers as text": [f"{i}.5" for i in NUMBERS],
    "labels": [f"{i}-{i + 9}" for i in NUMBERS],
    "truth": [True, False] * (N // 2),
    "nulls": [None] * N,
}
OHIO = (
    "Adams Allen Ashland Ashtabula Athens Auglaize Belmont Brown Butler Carroll Champaign Clark "
    "Clermont Clinton Columbiana Coshocton Crawford Cuyahoga Darke Defiance Delaware Erie "
    "Fairfield Fayette Franklin Fulton Gallia Geauga Greene Guernsey Hamilton Hancock Hardin "
    "Harrison Henry Highland Hocking Holmes Huron Jackson"
)
NOT_BY_CONTENT["unique counties"] = [f"{name} County, OH" for name in OHIO.split()]


def removed(frame, **parameters):
    """Reasons by column, with the warning about finding nothing left aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NothingSelectedWarning)
        return IdentifierRemover(**parameters).fit(frame).removed_


@pytest.mark.parametrize(("kind", "values"), [*BY_CONTENT.items(), *MORE_BY_CONTENT])
def test_recognised_by_content(kind, values):
    assert removed(frame_with(values)) == {"thing": f"its values look like: {kind}"}


@pytest.mark.parametrize("what", NOT_BY_CONTENT)
def test_left_alone(what):
    assert removed(frame_with(NOT_BY_CONTENT[what])) == {}


BY_NAME = {
    "name of a person": "name Name NAME full_name Full\u00a0Name FullName first_name firstName "
    "last_name lname surname Surname patient_name defendant_full_name name_first "
    "mothers_maiden_name user_name username nickname initials victim_name",
    "Social Security number": "ssn SSN social_security social_security_number SocialSecurityNo "
    "patient_ssn",
    "e-mail address": "email e-mail E_Mail email_address contact_email emails",
    "telephone number": "phone Phone phone_number mobile cell_phone home_phone homePhone fax "
    "telephone tel work_phone_2",
    "street address": "address Address street street_address home_address address_line_1 addr",
    "date of birth": "dob DOB date_of_birth birth_date birthdate BirthDate patient_dob birthday",
    "medical record number": "mrn MRN medical_record medical_record_number health_plan_number",
    "account number": "account account_number acct_no iban credit_card",
    "licence or vehicle number": "license licence license_plate driver_license_number "
    "drivers_licence plate vin",
    "address of a machine": "ip ip_address IPAddress mac_address",
    "web address": "url URL website homepage profile_url",
    "passport number": "passport passport_number",
    "identity number": "national_id tax_id citizen_id",
    "biometric or picture": "fingerprint photo mugshot signature",
    "number of a device": "device_id serial_number imei",
    "insurance number": "insurance_number medicaid_id policy_number",
}
NOT_BY_NAME = (
    "person_id event_id age gender sex ethnicity race geography date event_type outcome zip county "
    "state city diagnosis_code event_name school_name county_name hospital_name product_name "
    "birth_year birthplace phone_type email_verified license_type account_status priors_count "
    "statement mail_order street_type income salary department streetcar tells native-country"
)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in BY_NAME.items() for name in names.split(" ")]
)
def test_recognised_by_name(kind, name):
    assert removed(frame_with(["x"] * 3, name)) == {name: f"its name says: {kind}"}


@pytest.mark.parametrize("name", NOT_BY_NAME.split())
def test_names_that_say_nothing(name):
    if name != "age":
        assert removed(frame_with(["x"] * 3, name)) == {}


@pytest.mark.parametrize(
    ("n_distinct", "n_rows", "found"),
    [(36, 40, True), (35, 40, False), (20, 20, True), (19, 19, False), (18, 20, True)],
)
def test_near_unique_means_nine_in_ten_of_twenty_rows(n_distinct, n_rows, found):
    values = [f"note {min(i, n_distinct - 1)} of many" for i in range(n_rows)]
    assert bool(removed(frame_with(values))) is found


def test_nulls_do_not_count_as_rows():
    values = [f"note {i} of many" for i in range(19)] + [None] * 21
    assert removed(frame_with(values)) == {}
    values = [f"note {i} of many" for i in range(20)] + [None] * 20
    assert list(removed(frame_with(values))) == ["thing"]


def test_a_value_that_a_person_repeats_counts_once():
    """An unnamed column of names, in a table of events, is near unique among people."""
    events = pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(N), 5),
            "subject": np.repeat([f"{word} Smith" for word in WORDS], 5),
            "event_type": ["arrest", "charge", "trial", "release", "arrest"] * N,
        }
    )
    assert removed(events) == {"subject": "its values look like: name of a person"}
    assert removed(events.drop(columns="person_id")) == {}


@pytest.mark.parametrize("share", [0.5, 0.49])
def test_half_of_the_distinct_values_decide(share):
    n_mails = int(100 * share)
    values = [f"u{i}@example.org" for i in range(n_mails)] + [f"{i}" for i in range(100 - n_mails)]
    assert bool(removed(frame_with(values))) is (share >= 0.5)


def test_columns_that_later_steps_replace_are_not_judged_by_content():
    frame = pd.DataFrame(
        {
            "person_id": [f"u{i}@example.org" for i in NUMBERS],
            "event_id": [f"E{i}" for i in NUMBERS],
            "geography": [f"{i} Main St, Cincinnati, Hamilton County, OH" for i in NUMBERS],
            "date": [f"on day {i}" for i in NUMBERS],
        }
    )
    with pytest.warns(NothingSelectedWarning, match="no column was recognised"):
        released = IdentifierRemover().fit_transform(frame)
    pd.testing.assert_frame_equal(released, frame)
    with_columns = IdentifierRemover(["person_id", "event_id"]).fit_transform(frame)
    assert with_columns.columns.tolist() == ["geography", "date"]


@pytest.fixture
def people():
    return pd.DataFrame(
        {
            "name": [f"{word} Smith" for word in WORDS],
            "age": [i % 9 for i in NUMBERS],
            "contact": BY_CONTENT["e-mail address"],
            "gender": ["F", "M"] * (N // 2),
        },
        index=range(100, 100 + N),
    )


def test_the_same_columns_are_dropped_from_any_table(people):
    before = people.copy(deep=True)
    remover = IdentifierRemover()
    released = remover.fit_transform(people)
    pd.testing.assert_frame_equal(released, people[["age", "gender"]])
    pd.testing.assert_frame_equal(people, before)
    pd.testing.assert_frame_equal(remover.fit(people).transform(people), released)
    assert remover.get_feature_names_out().tolist() == ["age", "gender"]
    # Content is judged at fit: a few rows, or other values, make no difference.
    few = people.iloc[:1].assign(contact="hidden", gender="someone@example.org")
    assert remover.transform(few).columns.tolist() == ["age", "gender"]
    with pytest.warns(NothingSelectedWarning):
        again = IdentifierRemover().fit_transform(released)
    pd.testing.assert_frame_equal(again, released)


def test_keep(people):
    released = IdentifierRemover(keep="name").fit_transform(people)
    assert released.columns.tolist() == ["name", "age", "gender"]
    with pytest.warns(NothingSelectedWarning):
        all_kept = IdentifierRemover(keep=["name", "contact"]).fit_transform(people)
    pd.testing.assert_frame_equal(all_kept, people)
    named = IdentifierRemover(["age", "name"], keep=["name"]).fit(people)
    assert named.removed_ == {"age": "named by `columns`"}


def test_named_columns_only(people):
    remover = IdentifierRemover("gender").fit(people)
    assert remover.removed_ == {"gender": "named by `columns`"}
    assert remover.transform(people).columns.tolist() == ["name", "age", "contact"]


def test_naming_no_column_drops_none_and_is_silent(people):
    pd.testing.assert_frame_equal(IdentifierRemover([]).fit_transform(people), people)


@pytest.mark.parametrize("parameter", ["columns", "keep"])
@pytest.mark.parametrize("value", ["nowhere", ["age", "nowhere"]])
def test_a_named_column_that_is_missing(people, parameter, value):
    with pytest.raises(ColumnNotFoundError, match=f"{parameter} names the column 'nowhere'"):
        IdentifierRemover(**{parameter: value}).fit(people)


def test_nothing_left_is_an_error(people):
    with pytest.raises(InputError, match=r"all 2 feature\(s\)"):
        IdentifierRemover().fit(people[["name", "contact"]])
    with pytest.raises(InputError, match=r"all 4 feature\(s\)"):
        IdentifierRemover(list(people.columns)).fit(people)


def test_tables_of_every_kind_agree(people):
    expected = ["age", "gender"]
    as_polars = IdentifierRemover().fit_transform(pl.from_pandas(people))
    assert isinstance(as_polars, pl.DataFrame)
    assert as_polars.columns == expected
    assert as_polars["age"].to_list() == people["age"].tolist()
    as_arrow = IdentifierRemover().fit_transform(pa.Table.from_pandas(people, preserve_index=False))
    assert isinstance(as_arrow, pa.Table)
    assert as_arrow.column_names == expected
    remover = IdentifierRemover()
    as_array = remover.fit_transform(people.to_numpy(dtype=object))
    assert as_array.tolist() == people[expected].to_numpy(dtype=object).tolist()
    assert remover.removed_ == {
        0: "its values look like: name of a person",
        2: "its values look like: e-mail address",
    }


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_text_of_every_dtype(people, dtype):
    frame = people.astype({"contact": dtype})
    assert list(removed(frame)) == ["name", "contact"]


def test_row_order_changes_nothing(people):
    rng = np.random.default_rng(0)
    assert removed(people.iloc[rng.permutation(N)]) == removed(people)


def test_positions_and_numbers(people):
    X = np.column_stack([np.arange(30.0), 513_555_0000.0 + np.arange(30), np.ones(30)])
    remover = IdentifierRemover().fit(X)
    assert remover.removed_ == {1: "its values look like: Social Security or telephone number"}
    assert remover.transform(X).tolist() == X[:, [0, 2]].tolist()
    assert IdentifierRemover(columns=[2], keep=[1]).fit_transform(X).shape == (30, 2)
    assert remover.get_feature_names_out().tolist() == ["x0", "x2"]


def test_no_value_is_shown(people):
    remover = IdentifierRemover().fit(people)
    shown = repr(remover) + repr(vars(remover)) + remover._repr_html_()
    for column in ("name", "contact"):
        assert not any(value in shown for value in people[column])


def test_real_patients(shared_data):
    events = pd.read_csv(shared_data / "synthea" / "patient_events.csv.gz", dtype=str)
    assert list(removed(events)) == ["name", "ssn"]
    disguised = events.rename(columns={"name": "field_a", "ssn": "field_b"})
    assert removed(disguised) == {
        "field_a": "its values look like: name of a person",
        "field_b": "its values look like: Social Security number",
    }


@pytest.mark.parametrize("file", ["adult/adult.csv.gz", "nist/ma2019.csv"])
def test_real_attributes_are_no_identifiers(shared_data, file):
    assert removed(pd.read_csv(shared_data / file)) == {}


def test_real_court_records_keep_all_columns(shared_data):
    assert removed(pd.read_csv(shared_data / "compas" / "court_events.csv.gz")) == {}


@pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.NothingSelectedWarning")
@parametrize_with_checks([IdentifierRemover(), IdentifierRemover(columns=[0])])
def test_contract(estimator, check):
    check(estimator)
