"""assess, verify, census, demo, and options from a file: what they say and how they refuse."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personatwin_sk import cli
from personatwin_sk.datasets import make_people_events
from personatwin_sk.population.bureau import Bureau, BureauError


def run(*arguments: object) -> int:
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as done:
        return int(done.code or 0)


def one_error(capsys: pytest.CaptureFixture[str]) -> str:
    told = capsys.readouterr()
    assert told.out == ""
    errors = [line for line in told.err.splitlines() if "warning:" not in line]
    assert len(errors) == 1 and errors[0].startswith("personatwin: error: ")
    return errors[0]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return make_people_events(80, random_state=2)


@pytest.fixture
def file(tmp_path: Path, people: pd.DataFrame) -> Path:
    path = tmp_path / "in.csv"
    people.to_csv(path, index=False)
    return path


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch):
    def pipe(content: bytes, *, isatty: bool = False) -> None:
        stream = io.TextIOWrapper(io.BytesIO(content))
        stream.isatty = lambda: isatty  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stdin", stream)

    return pipe


# assess


def test_assess_says_what_a_file_is_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Two alike, three alike, one alone: 1/f is (2 * 1/2 + 3 * 1/3 + 1) / 6 on average.
    (tmp_path / "in.csv").write_text("age,gender\n30,F\n30,F\n31,M\n31,M\n31,M\n99,F\n")
    assert run("assess", tmp_path / "in.csv", "--no-census") == 0
    told = capsys.readouterr()
    assert "6 rows, each taken for one person, 3 distinct rows of age, gender" in told.out
    assert "k            1" in told.out
    assert "prosecutor   mean 0.5000, largest 1.0000" in told.out
    assert "UNSAFE" in told.out and told.err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_assess_as_json_counts_people_and_events(
    file: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("assess", file, "--json", "--offline") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["n_people"] == 80
    assert facts["quasi_identifiers"] == ["age", "gender", "ethnicity", "geography"]
    assert facts["event_risk"]["known_events"] == 1
    assert facts["has_population"] is True
    sizes = people.drop_duplicates("person_id").value_counts(facts["quasi_identifiers"])
    assert facts["k_anonymity"] == sizes.min()
    assert facts["prosecutor"]["mean"] == pytest.approx(len(sizes) / 80)
    assert not {*people["person_id"]} & set(re.findall(r"\w+", str(facts)))


def test_assess_with_a_target_tells_by_its_status(file: Path) -> None:
    assert run("assess", file, "--target-risk", 0.5, "--no-census") == 3
    assert run("assess", file, "--target-risk", 1, "--no-census") == 0


def test_assess_reads_gzip_parquet_and_pipes_alike(
    file: Path, capsys: pytest.CaptureFixture[str], piped
) -> None:
    texts = []
    packed, parquet = file.with_suffix(".gz"), file.with_suffix(".parquet")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    pd.read_csv(file, parse_dates=["date"]).to_parquet(parquet)
    for source in (file, packed, parquet):
        assert run("assess", source, "--json", "--offline") == 0
        texts.append(capsys.readouterr().out)
    for content in (file.read_bytes(), packed.read_bytes(), parquet.read_bytes()):
        piped(content)
        assert run("assess", "-", "--json", "--offline") == 0
        texts.append(capsys.readouterr().out)
    assert len(set(texts)) == 1


def test_assess_maps_columns_labels_and_a_second_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "who.csv").write_text(
        "case,dob,sex\n1,1990-05-05,1\n2,1990-06-05,1\n3,1980-01-01,2\n"
    )
    (tmp_path / "what.csv").write_text(
        "case,date,event_type\n1,2020-01-01,arrest\n2,2020-01-02,arrest\n"
    )
    options = ["--map", "person_id=case", "gender=sex", "date_of_birth=dob"]
    options += ["--labels", "gender:1=Male", "gender:2=Female", "--events", tmp_path / "what.csv"]
    options += ["--reference-date", "2024-01-01"]
    assert run("assess", tmp_path / "who.csv", *options, "--no-census", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    # Two men of 33 and a woman of 44.
    assert (facts["n_people"], facts["n_classes"], facts["k_anonymity"]) == (3, 2, 1)
    assert facts["event_risk"]["n_events"] == 2


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", [], "empty"),
        ("age,gender\n", [], "no rows"),
        ("colour\nred\n", [], "--keys COL"),
        ("age\n30\n", ["--keys", "height"], "1 of 1 columns"),
        ("person_id,age\n1,30\n", ["--keys", "person_id"], "whose the row is"),
        ("age\nold\n", [], "1 of 1 values of 'age'"),
        ("age\n30\n", ["--known-events", "1"], "person_id, event_type and date"),
        ("age\n30\n", ["--known-events", "-1"], "at least 0"),
        ("age\n30\n", ["--target-risk", "0"], "above 0"),
        ("age\n30\n", ["--target-risk", "nan"], "above 0"),
        ("age\n30\n", ["--attacker", "god"], "attacker"),
        ("age\n30\n", ["--state", "Atlantis"], "--state"),
        ("age\n30\n", ["--map", "age"], "OURS=THEIRS"),
        ("age\n30\n", ["--labels", "age=1"], "COLUMN:THEIRS=OURS"),
        ("age\n30\n", ["--labels", "age:1=2", "age:1=3"], "more than once"),
        ("age\n30\n", ["--events", "none.csv"], "none.csv|person_id"),
        ('age\n"30\n', [], "not a CSV"),
    ],
)
def test_assess_refuses_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    options: list[str],
    message: str,
) -> None:
    (tmp_path / "in.csv").write_text(content)
    assert run("assess", tmp_path / "in.csv", *options) == 2
    assert re.search(message, one_error(capsys))


def test_personas_are_no_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.csv").write_text("persona_id,age,class_size\nP000001,30-39,50\n")
    assert run("assess", tmp_path / "in.csv", "--no-census") == 0
    assert "warning: The column 'class_size' is not counted" in capsys.readouterr().err


def test_nothing_in_the_pipe(capsys: pytest.CaptureFixture[str], piped) -> None:
    piped(b"", isatty=True)
    assert run("assess", "-") == 2
    assert "nothing comes through the pipe" in one_error(capsys)
    piped(b"age\n30\n")
    assert run("assess", "-", "--events", "-") == 2
    assert "only one of the two" in one_error(capsys)


# verify


def test_a_release_is_verified_and_each_kind_of_damage_is_found(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    safe = file.parent / "safe"
    options = ["--known-events", 0, "--offline", "--no-report", "--parquet"]
    assert run("protect", file, "--out", safe, *options) == 0
    assert (safe / "personas.parquet").exists()
    capsys.readouterr()
    assert run("verify", safe) == 0
    assert "only the data can show" in capsys.readouterr().out
    assert run("verify", safe, "--original", file, "--offline", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["holds"] and facts["with_original"]
    events = (safe / "events.csv").read_text().splitlines()
    (safe / "events.csv").write_text("\n".join(events[:-1]) + "\n")
    assert run("verify", safe) == 3
    told = capsys.readouterr()
    assert "FAILS  digests: events.csv was changed" in told.out and told.err == ""
    assert run("verify", safe, "--original", file, "--offline") == 3


def test_verify_reads_the_data_as_protect_did(
    tmp_path: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str], piped
) -> None:
    path = tmp_path / "theirs.csv"
    people.rename(columns={"gender": "sex"}).replace({"gender": {"Male": "1"}}).to_csv(path)
    how = ["--map", "gender=sex", "--labels", "gender:1=Male"]
    options = ["--known-events", 0, "--offline", "--no-report"]
    assert run("protect", path, "--out", tmp_path / "safe", *how, *options) == 0
    assert run("verify", tmp_path / "safe", "--original", path, "--offline", *how) == 0
    piped(path.read_bytes())
    assert run("verify", tmp_path / "safe", "--original", "-", "--offline", *how) == 0
    capsys.readouterr()
    assert run("verify", tmp_path / "safe", "--original", path, "--offline") == 3
    assert "the data have other columns" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "DIR is missing"),
        (["none"], "not a folder"),
        (["."], "holds no release"),
        ([".", "--map", "gender=sex"], "--original"),
        ([".", "--colour"], "--colour"),
        ([".", "--original", "none.csv"], "none.csv"),
    ],
)
def test_verify_refuses_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("verify", *options) == 2
    assert message in one_error(capsys)


# census


def test_the_cache_is_listed_and_cleared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("census", "list", "--cache-dir", tmp_path) == 0
    assert capsys.readouterr().out == "the cache is empty\n"
    assert run("census", "clear", "--cache-dir", tmp_path) == 0
    assert capsys.readouterr().out == "0 tables removed\n"


def test_warm_fetches_the_states_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def warm(self: Bureau, states: object, *, source: str, vintage: int) -> int:
        asked.append((states, source))
        return 4

    monkeypatch.setattr(Bureau, "warm", warm)
    assert run("census", "warm", "OH", "Kentucky", "--cache-dir", tmp_path) == 0
    assert run("census", "warm", "--cache-dir", tmp_path) == 0
    assert [states for states, _ in asked] == [[21, 39], None]
    assert capsys.readouterr().out == "4 tables fetched, 0 in the cache\n" * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "ACTION is missing"),
        (["burn"], "warm, list, clear"),
        (["list", "OH"], "takes no states"),
        (["warm", "Atlantis"], "1"),
        (["warm", "OH"], "could not be fetched"),
    ],
)
def test_census_refuses_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    # The tests are offline, so nothing can be fetched.
    assert run("census", *options, "--cache-dir", tmp_path) == 2
    error = one_error(capsys)
    assert message in error and "Atlantis" not in error


def test_an_error_of_the_bureau_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def warm(self: Bureau, *arguments: object, **options: object) -> int:
        raise BureauError("the server\nis down")

    monkeypatch.setattr(Bureau, "warm", warm)
    assert run("census", "warm", "OH", "--cache-dir", tmp_path) == 2
    assert "the server is down" in one_error(capsys)


# demo


def test_the_demo_does_the_whole_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("demo", "--people", 150, "--domain", "healthcare") == 0
    told = capsys.readouterr()
    folder = tmp_path / "personatwin-demo"
    assert sorted(path.name for path in folder.iterdir()) == ["made_up.csv", "release"]
    assert pd.read_csv(folder / "made_up.csv")["person_id"].nunique() == 150
    assert re.search(r"verified     (\d+) of \1 checks hold", told.out)
    assert run("verify", folder / "release", "--original", folder / "made_up.csv", "--offline") == 0
    assert run("demo", "--people", 150) == 2
    assert run("demo", "--people", 150, "--force") == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--people", "5"], "at least 100"),
        (["--people", "many"], "whole number"),
        (["--domain", "astrology"], "astrology"),
        (["--domain", "custom"], "custom"),
        (["--out", "file.txt"], "is a file"),
    ],
)
def test_demo_refuses_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.txt").write_text("mine")
    assert run("demo", *options) == 2
    assert message in one_error(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


# options from a file


def test_a_file_gives_options_and_the_command_line_comes_first(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(file, dtype=str).rename(columns={"gender": "sex"})
    table.replace({"sex": {"Male": "1"}}).assign(ward=np.arange(len(table)) % 3).to_csv(file)
    config = file.parent / "release.toml"
    config.write_text(
        f"""
        offline = true
        map = {{ gender = "sex" }}

        [labels.gender]
        "1" = "Male"

        [protect]
        input = "{file}"
        out = "{file.parent / "from-file"}"
        known-events = 0
        privacy_level = "low"
        target-risk = 0.04
        keep = ["ward"]
        no-report = true

        [assess]
        keys = ["age", "gender"]
        json = true

        [verify]
        original = "{file}"
        """
    )
    assert run("protect", "--config", config) == 0
    facts = json.loads((file.parent / "from-file" / "risk.json").read_text())
    assert facts["settings"]["privacy_level"] == "low"
    assert facts["verdict"]["target_risk"] == 0.04
    assert "ward" in pd.read_csv(file.parent / "from-file" / "events.csv")
    assert "Male" in (file.parent / "from-file" / "personas.csv").read_text()
    other = file.parent / "typed"
    assert run("protect", "--config", config, "--privacy-level", "medium", "--out", other) == 0
    facts = json.loads((other / "risk.json").read_text())
    assert facts["settings"]["privacy_level"] == "medium"
    capsys.readouterr()
    assert run("assess", file, "--config", config) == 0
    assert json.loads(capsys.readouterr().out)["quasi_identifiers"] == ["age", "gender"]
    assert run("assess", file, "--config", config, "--keys", "age") == 0
    assert json.loads(capsys.readouterr().out)["quasi_identifiers"] == ["age"]
    assert run("verify", other, "--config", config) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("known-events", "not TOML"),
        ("colour = 1", "'colour' is no option"),
        ("[protect]\ncolour = 1", "'colour' is no option"),
        ("[protect]\nkeys = ['age']", "'keys' is no option of protect"),
        ("protect = 1", "must be a table"),
        ("offline = 'yes'", "true or false"),
        ("keep = [1.5]", "list of names"),
        ("known-events = 'many'", "known-events: cannot be read"),
        ("known-events = true", "one text or number"),
        ("random-state = -1", "whole number from 0"),
        ("map = 1", "must be a table"),
        ("map = {gender = 1}", "table of texts"),
        ("labels = {gender = 1}", "table of tables"),
        ("config = 'other.toml'", "'config' is no option"),
        ("target-risk = 2", "at most 1"),
        ("", "INPUT is missing"),
        ("input = 'in.csv'", "--out is missing"),
    ],
)
def test_a_file_of_options_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    config = tmp_path / "release.toml"
    config.write_text(text)
    inputs = [] if "missing" in message else ["in.csv", "--out", tmp_path / "safe"]
    assert run("protect", *inputs, "--config", config) == 2
    assert message in one_error(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["release.toml"]


def test_a_file_of_options_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("protect", "in.csv", "--out", "x", "--config", tmp_path / "none.toml") == 2
    assert "none.toml cannot be read" in one_error(capsys)
    (tmp_path / "bad.toml").write_bytes(b"map = '\xff'")
    assert run("protect", "in.csv", "--out", "x", "--config", tmp_path / "bad.toml") == 2
    assert "not UTF-8" in one_error(capsys)


# help


@pytest.mark.parametrize("command", ["protect", "assess", "verify", "census", "demo"])
def test_help_teaches_by_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    told = capsys.readouterr().out
    assert "examples:" in told and f"personatwin {command}" in told and "exit status: 0" in told
    assert "SUPPRESS" not in told


def test_help_names_every_command_and_the_first_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    told = capsys.readouterr().out
    for command in ("protect", "assess", "verify", "census", "demo"):
        assert re.search(rf"^    {command} ", told, re.MULTILINE)
    assert "first steps:" in told and "Nothing of the data is sent anywhere" in told
