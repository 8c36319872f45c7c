"""Limits of agencies: the figures that each looks at, met exactly and just missed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.risk._presets import PRESETS, Preset, check_preset, find_preset, risk_level


def measured(**figures):
    figures = {"max_risk": 0.0, "upper": 0.0, "k": 30, "n": 90, "event_max": 0.0, "event": 0.0} | (
        figures
    )
    return SimpleNamespace(
        max_risk=figures["max_risk"],
        upper=figures["upper"],
        k_anonymity=figures["k"],
        n_people=figures["n"],
        event_risk=SimpleNamespace(max=figures["event_max"], upper=figures["event"]),
    )


@pytest.mark.parametrize("name", ["cms", "ema", "health_canada"])
@pytest.mark.parametrize(
    ("figures", "met"),
    [
        ({}, True),
        ({"max_risk": 1 / 11}, True),  # a cell of 11 is the smallest that may be shown
        ({"max_risk": 1 / 10}, False),
        ({"event_max": 1 / 10}, False),
        ({"upper": 0.2}, True),  # it is the largest that counts
        ({"max_risk": float("nan")}, False),
    ],
)
def test_agencies_look_at_the_largest_risk(name, figures, met):
    found, reasons = check_preset(measured(**figures), name)
    assert found is met
    assert bool(reasons) is not met


@pytest.mark.parametrize(
    ("figures", "n_reasons"),
    [
        ({"upper": 0.05, "k": 20, "event": 0.05}, 0),
        ({"max_risk": 1.0}, 0),
        ({"upper": 0.0501}, 1),
        ({"event": 0.0501}, 1),
        ({"k": 19}, 1),
        ({"k": 19, "upper": 1.0, "event": 1.0}, 3),
        ({"k": 0, "n": 0}, 0),  # nobody is released
    ],
)
def test_strict_looks_at_means_and_the_smallest_class(figures, n_reasons):
    met, reasons = check_preset(measured(**figures), "strict")
    assert len(reasons) == n_reasons
    assert met is (n_reasons == 0)


def test_reasons_name_the_figure_and_the_limit():
    _, reasons = check_preset(measured(max_risk=0.25, k=4), Preset(max_risk=0.2, min_k=5))
    assert reasons == (
        "The largest risk of a person is 0.2500; at most 0.2000 is allowed.",
        "The smallest class has 4 people; at least 5 are asked for.",
    )


def test_every_preset_says_where_it_is_from():
    assert set(PRESETS) == {"cms", "ema", "health_canada", "strict"}
    assert all(preset.source for preset in PRESETS.values())
    assert all(round(PRESETS[name].max_risk, 2) == 0.09 for name in ("cms", "ema", "health_canada"))


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"'gdpr'.*'cms', 'ema'"):
        find_preset("gdpr")


def test_levels_end_where_they_say():
    limits = (0.01, 0.05, 0.15)
    assert len({risk_level(limit) for limit in limits} | {risk_level(1.0)}) == 4
    for limit in limits:
        assert risk_level(limit) != risk_level(limit + 1e-6)
        assert risk_level(limit) == risk_level(limit * (1 + 1e-15))
    assert risk_level(float("nan")) == "UNSAFE"
