"""The privacy ledger: totals against fractions by hand, claims that are voided, and its words."""

from __future__ import annotations

import dataclasses
import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from personatwin_sk.geography import GeographicGeneralizer
from personatwin_sk.identifiers import IdentifierRemover
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.noise import OutcomeNoise, TemporalNoise, ValueNoise
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._ledger import PrivacyLedger, privacy_ledger
from personatwin_sk.noise._spending import Spending


class Noise(KeyedNoise):
    """A step that spends what it is told to: the ledger must only add up."""

    def __init__(
        self,
        columns: Any = None,
        *,
        person_id: Any = None,
        event_id: Any = None,
        epsilon: Any = None,
        per: str = "value",
        span: Any = 1,
        max_events: Any = None,
        broken: Any = (),
        reason: str = "",
        random_state: Any = None,
    ) -> None:
        self.columns = columns
        self.person_id = person_id
        self.event_id = event_id
        self.epsilon = epsilon
        self.per = per
        self.span = span
        self.max_events = max_events
        self.broken = broken
        self.reason = reason
        self.random_state = random_state

    def _fit(self, table: Any) -> None:
        self._fit_roles(table, ["outcome"], "called 'outcome'")

    def _spending(self) -> list[Spending]:
        if self.columns is None and not hasattr(self, "_chosen"):
            raise NotFittedError("Noise selects its columns at fit.")
        return [
            Spending(
                "Noise",
                column,
                "coin tosses",
                "what happened",
                epsilon=self.epsilon,
                per=self.per,  # type: ignore[arg-type]
                span=self.span,
                max_events=self.max_events,
                holds=self.epsilon is not None and column not in self.broken,
                reason="learned from the data" if column in self.broken else
                self.reason or ("" if self.epsilon is not None else "no epsilon"),
            )
            for column in (self.columns or self._chosen)
        ]  # fmt: skip


IDS: dict[str, Any] = {"person_id": "id", "event_id": "event"}


def noise(*columns: str, epsilon: Any = 0.5, max_events: Any = 4, **more: Any) -> Noise:
    return Noise(list(columns), epsilon=epsilon, max_events=max_events, **IDS, **more)


def merger(**more: Any) -> PersonaMerger:
    return PersonaMerger(["age"], k=7, person_id="id", **more)


def dates(**more: Any) -> Noise:
    settings = {"epsilon": 0.1, "per": "day", "span": 30, "max_events": 3, **more}
    return noise("date", **settings)


def test_one_person_by_hand() -> None:
    ledger = privacy_ledger(Pipeline([("dates", dates()), ("flips", noise("outcome"))]))
    # 30 days of 0.1 each, and 0.5; three dates and four outcomes of a person.
    assert ledger.per_event.basic == pytest.approx(30 * 0.1 + 0.5)
    assert ledger.per_person.basic == pytest.approx(3 * 30 * 0.1 + 4 * 0.5)
    rho = 3 * (30 * 0.1) ** 2 / 2 + 4 * 0.5**2 / 2
    assert ledger.per_person.rho == pytest.approx(rho)
    assert ledger.per_person.concentrated == pytest.approx(rho + 2 * math.sqrt(rho * math.log(1e6)))
    assert ledger.per_person.method == "basic composition"
    assert ledger.claims == ("dates", "flips")
    assert ledger.summary.startswith(
        "Differential privacy of date, outcome: one event costs epsilon 3.5, whatever its values "
        "change to in their public ranges (the rows say what one day or one step costs), all "
        "events of one person epsilon 11 by basic composition (delta 0), or "
    )
    values = privacy_ledger(noise("outcome")).summary
    assert "one event costs epsilon 0.5, all events of one person epsilon 2 by" in values


def test_totals_are_exact_and_never_below_what_was_spent() -> None:
    epsilons = [0.1, 0.2, 0.7]
    steps = [(f"s{i}", noise(f"c{i}", epsilon=e, max_events=3)) for i, e in enumerate(epsilons)]
    total = privacy_ledger(Pipeline(steps)).per_person.basic
    exact = 3 * sum(Fraction(epsilon) for epsilon in epsilons)
    assert exact <= Fraction(total) < exact * (1 + Fraction(1, 2**50))


def test_many_small_releases_are_cheaper_when_concentrated() -> None:
    ledger = privacy_ledger(noise("outcome", epsilon=0.1, max_events=100))
    assert ledger.per_person.basic == pytest.approx(10)
    assert ledger.per_person.epsilon == pytest.approx(5.756522, abs=1e-6)
    assert ledger.summary.endswith("The smaller is that by zero-concentrated differential privacy.")
    assert privacy_ledger(
        noise("outcome", epsilon=0.1, max_events=100), delta=1e-3
    ).per_person.concentrated == pytest.approx(0.5 + 2 * math.sqrt(0.5 * math.log(1e3)))


def test_ledgers_add_up_and_grow_with_every_step() -> None:
    one, two = noise("a", epsilon=0.3), noise("b", epsilon=0.4, max_events=9)
    both = privacy_ledger(make_pipeline(one, two)).per_person
    alone = [privacy_ledger(step).per_person for step in (one, two)]
    assert both.basic == pytest.approx(sum(total.basic for total in alone))
    assert both.rho == pytest.approx(sum(total.rho for total in alone))
    assert both.concentrated > max(total.concentrated for total in alone)


def test_without_a_bound_per_person_there_is_no_total_per_person() -> None:
    ledger = privacy_ledger(make_pipeline(noise("a"), noise("b", max_events=None)))
    assert ledger.per_person is None
    assert ledger.per_event.basic == 1.0
    assert ledger.claims == ("noise-1", "noise-2")
    assert "No total per person: a step has no bound" in ledger.summary


def test_without_a_public_range_there_is_no_total_at_all() -> None:
    ledger = privacy_ledger(dates(span=None))
    assert ledger.per_event is None and ledger.per_person is None
    assert ledger.claims == ("Noise",)
    assert "no public range" in ledger.summary
    mixed = privacy_ledger(make_pipeline(dates(span=None), noise("outcome")))
    assert mixed.per_event is None and mixed.per_person is None


def test_a_step_claims_only_if_every_column_of_it_holds() -> None:
    ledger = privacy_ledger(
        make_pipeline(noise("a", "b", broken=["b"]), noise("c", epsilon=0.25, max_events=1))
    )
    assert ledger.claims == ("noise-2",)
    assert ledger.per_person.basic == 0.25
    remarks = {row.spending.column: row.remark for row in ledger.rows}
    assert remarks == {
        "a": "another column of the step has no guarantee",
        "b": "learned from the data",
        "c": "",
    }


def test_nothing_claimed_is_said() -> None:
    ledger = privacy_ledger(make_pipeline(noise("a", epsilon=None), merger()))
    assert ledger.claims == ()
    assert ledger.per_event is None and ledger.per_person is None
    assert ledger.summary == "No step claims differential privacy."


def test_a_condition_stands_beside_its_claim() -> None:
    (row,) = privacy_ledger(dates(reason="given the order of the person's events")).rows
    assert row.claimed
    assert row.remark == "given the order of the person's events"


def test_every_other_step_is_listed_without_a_guarantee() -> None:
    steps = [IdentifierRemover(), GeographicGeneralizer(), StandardScaler(), noise("a"), merger()]
    ledger = privacy_ledger(make_pipeline(*steps))
    listed = [(row.spending.step, row.spending.mechanism, row.claimed) for row in ledger.rows]
    assert listed == [
        ("IdentifierRemover", "direct identifiers dropped", False),
        ("GeographicGeneralizer", "places coarsened", False),
        ("StandardScaler", "not known to the ledger", False),
        ("Noise", "coin tosses", True),
        ("PersonaMerger", "key variables: classes of at least 7 people (k-anonymity)", False),
    ]
    others = [row.remark for row in ledger.rows if not row.claimed]
    assert others == ["no differential privacy"] * 4


# What voids a claim that the step alone would earn.
def claimed(*steps: Any) -> dict[str, str]:
    ledger = privacy_ledger(make_pipeline(*steps))
    return {row.name: row.remark for row in ledger.rows if not row.claimed and row.spending.column}


@pytest.mark.parametrize(
    "role", [{"sensitive": ["outcome"], "l_diversity": 2}, {"order_by": "outcome"}], ids=str
)
def test_a_merger_that_looks_at_the_true_values_first(role) -> None:
    assert claimed(merger(**role), noise("outcome")) == {
        "noise": "the merger 'personamerger' looks at the column before there is noise on it"
    }
    assert claimed(noise("outcome"), merger(**role)) == {}
    assert claimed(merger(), noise("outcome")) == {}


def test_noise_without_a_guarantee_that_comes_first_on_the_same_column() -> None:
    learned = noise("outcome", epsilon=None)
    assert claimed(learned, noise("outcome")) == {
        "noise-1": "no epsilon",
        "noise-2": "'noise-1' before it works on the same column without a guarantee",
    }
    assert claimed(noise("outcome"), learned) == {"noise-2": "no epsilon"}
    assert claimed(noise("date", epsilon=None), noise("outcome")) == {"noise-1": "no epsilon"}


def test_two_guarantees_on_one_column_cost_both() -> None:
    ledger = privacy_ledger(make_pipeline(noise("a"), noise("a", epsilon=0.25)))
    assert ledger.per_event.basic == 0.75


def test_a_branch_beside_the_noise_that_lets_the_column_through() -> None:
    union = FeatureUnion([("good", noise("a")), ("bad", noise("a", epsilon=None))])
    ledger = privacy_ledger(union)
    assert ledger.claims == ()
    assert ledger.rows[0].remark == ("'bad' beside it works on the same column without a guarantee")
    both = privacy_ledger(FeatureUnion([("one", noise("a")), ("two", noise("a"))]))
    assert both.per_event.basic == 1.0
    assert any(words.startswith("Branches beside the noise") for words in both.not_covered)


@pytest.mark.parametrize("fitted", [False, True])
def test_two_steps_with_one_key_draw_the_same_noise(fitted: bool) -> None:
    def made(*seeds: Any) -> Pipeline:
        steps = make_pipeline(*(noise("outcome", random_state=seed) for seed in seeds))
        return steps.fit(frame()) if fitted else steps

    ledger = privacy_ledger(made(3, 3))
    assert ledger.claims == ()
    assert "both have one key" in ledger.rows[0].remark
    assert len(privacy_ledger(made(3, 4)).claims) == 2
    assert len(privacy_ledger(made(None, None)).claims) == 2


def frame(n: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "event": 0,
            "age": np.arange(n) % 3,
            "outcome": ["x", "y"] * (n // 2),
        }
    )


def words_of(estimator: Any) -> str:
    return " ".join(privacy_ledger(estimator).not_covered)


def test_what_is_not_covered_is_named() -> None:
    plain = words_of(noise("a"))
    assert "how many events a person has, of which types" in plain
    assert "Fitting again" in plain
    assert "search" not in plain and "persona" not in plain and "Keys" not in plain
    assert "Branches" not in plain
    assert "grouping of people into personas" in words_of(make_pipeline(noise("a"), merger()))
    seeded = words_of(Pipeline([("one", noise("a", random_state=4217)), ("two", noise("b"))]))
    assert "Keys that are not from the operating system (one)" in seeded
    assert "4217" not in seeded


def test_a_search_is_named_with_the_settings_that_it_tried() -> None:
    pipeline = Pipeline([("flips", Noise(epsilon=0.5, **IDS)), ("merge", merger())])
    grid = {"merge__k": [2, 5], "flips__epsilon": [0.5, 0.75]}
    search = RiskAwareSearch(
        pipeline, grid, target_risk=1.0, risk=some_risk, utility=lambda *_: 1.0
    )
    with pytest.raises(NotFittedError):
        privacy_ledger(search)
    assert "The search over settings: each" in words_of(
        search.set_params(estimator__flips=noise("a"))
    )
    search.set_params(estimator__flips=Noise(epsilon=0.5, **IDS)).fit(frame())
    ledger = privacy_ledger(search)
    assert any("The search over 4 settings" in words for words in ledger.not_covered)
    more = privacy_ledger(search, n_settings=9).not_covered
    assert [words for words in more if "search" in words] == [
        "The search over 9 settings: each of them is fitted with noise of its own, and the choice "
        "among them looks at the data."
    ]
    # What it chose counts, not what it was given.
    assert ledger.per_event.basic == search.best_params_["flips__epsilon"]


def some_risk(original: Any, released: Any) -> Any:
    return RiskStandIn()


@dataclasses.dataclass
class RiskStandIn:
    upper: float = 0.5
    k_anonymity: int = 100


def test_columns_that_are_chosen_by_a_fit_are_known_after_it() -> None:
    step = Noise(epsilon=0.5, max_events=2, **IDS)
    with pytest.raises(NotFittedError):
        privacy_ledger(step)
    (row,) = privacy_ledger(step.fit(frame())).rows
    assert row.spending.column == "outcome"
    step.forget_key()
    assert privacy_ledger(step).per_person.basic == 1.0


def test_inside_a_column_transformer() -> None:
    columns = ColumnTransformer([("flips", noise("outcome"), ["id", "event", "outcome"])])
    assert privacy_ledger(columns).claims == ("flips",)


def test_noise_on_key_variables_after_the_merger_is_refused() -> None:
    with pytest.raises(ValueError, match="key variable"):
        privacy_ledger(make_pipeline(merger(), noise("age")))


@pytest.mark.parametrize("delta", [0, 1, -1e-6, float("nan")])
def test_a_delta_that_is_no_chance_is_refused(delta: float) -> None:
    with pytest.raises(ValueError, match="delta"):
        privacy_ledger(merger(), delta=delta)


def example() -> PrivacyLedger:
    steps = [("dates", dates()), ("flips", noise("outcome", epsilon=None)), ("merge", merger())]
    return privacy_ledger(Pipeline(steps))


def test_the_dictionary_is_plain_and_whole() -> None:
    facts = json.loads(json.dumps(example().to_dict(), allow_nan=False))
    assert list(facts) == [
        "summary",
        "claims",
        "per_event",
        "per_person",
        "delta",
        "rows",
        "not_covered",
    ]
    assert facts["claims"] == ["dates"]
    assert facts["rows"][0] == {
        "name": "dates",
        "step": "Noise",
        "column": "date",
        "mechanism": "coin tosses",
        "protects": "what happened",
        "epsilon": 0.1,
        "per": "day",
        "span": 30,
        "max_events": 3,
        "claimed": True,
        "remark": "",
    }
    assert [row["claimed"] for row in facts["rows"]] == [True, False, False]
    assert facts["per_event"]["basic"] == facts["per_event"]["epsilon"] == pytest.approx(3.0)
    assert facts["per_person"]["method"] == "basic composition"
    assert set(facts["per_person"]) == {
        "basic",
        "rho",
        "concentrated",
        "delta",
        "epsilon",
        "method",
    }


def test_no_key_and_no_seed_is_in_anything_that_it_says() -> None:
    fitted = noise("outcome", random_state=91827364).fit(frame())
    ledger = privacy_ledger(make_pipeline(fitted))
    halves = [str(half) for half in fitted._key.__getstate__()]
    for text in (repr(ledger), ledger._repr_html_(), json.dumps(ledger.to_dict())):
        assert "91827364" not in text
        assert not any(half in text for half in halves)


def test_the_text_is_a_table() -> None:
    lines = repr(example()).splitlines()
    assert lines[0] == "PrivacyLedger"
    assert lines[1].startswith("Differential privacy of date: one event costs epsilon 3, ")
    assert lines[3].split() == [
        "step", "column", "mechanism", "epsilon", "events", "per", "person", "claimed", "remark",
    ]  # fmt: skip
    assert "dates (Noise)" in lines[4] and "0.1 per day, 30 days" in lines[4]
    assert lines[5].split()[-4:] == ["4", "no", "no", "epsilon"]
    assert "no differential privacy" in lines[6]
    assert lines[8] == "Not covered:"
    # The columns stand under their heads.
    for head, cell in [
        ("mechanism", "coin tosses"),
        ("epsilon", "0.1 per day"),
        ("claimed", "yes"),
    ]:
        assert lines[3].index(head) == lines[4].index(cell)


def test_no_bound_is_said_in_the_table() -> None:
    assert "any number" in repr(privacy_ledger(noise("a", max_events=None)))
    assert "0.1 per day, no public range" in repr(privacy_ledger(dates(span=None)))
    assert "0.1 per day, 1 day " in repr(privacy_ledger(dates(span=1)))


def test_the_html_is_a_table_and_escapes_names() -> None:
    html = privacy_ledger(noise("<script>alert(1)</script>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.count("<tr>") == 2
    assert "<caption>Privacy ledger</caption>" in html


def test_a_ledger_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        example().rows = ()  # type: ignore[misc]


def test_outcomes_at_epsilon_in_a_pipeline() -> None:
    flips = OutcomeNoise(epsilon=0.5, max_events=4, allowed=["x", "y", "z"], **IDS)
    pipeline = make_pipeline(flips, merger()).fit(frame())
    ledger = privacy_ledger(pipeline)
    assert ledger.claims == ("outcomenoise",)
    assert (ledger.per_event.epsilon, ledger.per_person.basic) == (0.5, 2.0)
    # Without a declaration what is allowed is learned from the data, and nothing is claimed.
    learned = privacy_ledger(make_pipeline(flips.set_params(allowed=None), merger()).fit(frame()))
    assert learned.claims == ()
    assert learned.rows[0].remark


def test_a_ledger_is_of_what_was_fitted_and_does_not_touch_it() -> None:
    pipeline = make_pipeline(OutcomeNoise(epsilon=1.0, allowed=["x", "y"], **IDS)).fit(frame())
    before = pipeline.transform(frame())
    privacy_ledger(pipeline)
    pd.testing.assert_frame_equal(pipeline.transform(frame()), before)


def test_dates_at_epsilon_cost_their_window() -> None:
    moved = TemporalNoise(
        ["date"], epsilon=0.25, window=("2024-02-01", "2024-03-01"), max_events=2, **IDS
    )
    ledger = privacy_ledger(moved)
    # February 2024 has 29 days.
    assert ledger.per_event.epsilon == 29 * 0.25
    assert ledger.per_person.basic == 2 * 29 * 0.25
    assert "order" in ledger.rows[0].remark
    free = privacy_ledger(moved.set_params(keep_order=False))
    assert "order" not in free.rows[0].remark
    plain = privacy_ledger(TemporalNoise(["date"], jitter=7))
    assert plain.claims == () and plain.rows[0].spending.column == "date"


def test_numbers_at_epsilon_cost_the_steps_of_their_bounds() -> None:
    days = ValueNoise(["days"], epsilon=0.5, step=7, bounds=(0, 70), max_events=3, **IDS)
    ledger = privacy_ledger(days.fit(frame().assign(days=np.arange(40))))
    # Ten weeks from one end to the other.
    assert ledger.per_event.epsilon == 10 * 0.5
    assert ledger.per_person.basic == 3 * 10 * 0.5
    assert "0.5 per unit, 10 units" in repr(ledger)
