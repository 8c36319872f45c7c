"""The data dictionary: what each column of a release means, and which labels it holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.domains import Domain, get_domain_config
from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME
from personatwin_sk.release._file_names import (
    EVENT_COUNTS_FILE,
    EVENTS_FILE,
    HISTORIES_FILE,
    HISTORY_COUNTS_FILE,
    PERSONAS_FILE,
    least_people_of,
    tables_of,
)
from personatwin_sk.release._history_tables import COUNT, FIGURE, LABEL, OF, SHARE
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA, Personas

DICTIONARY_VERSION = 1
_MOST_LABELS = 200
_LABELS = (
    'One value, a range of whole numbers with both ends ("30-39"), an open range ("85+"), or '
    'several values of which it is one ("Asian|White"). Empty: not known.'
)
_OF_PEOPLE = {
    PERSONA: "Number of the persona, drawn at random; it says nothing of anybody.",
    CLASS_SIZE: "How many people of the data the persona stands for.",
    "age": "Ages of the people in the persona, in years.",
    "gender": "Genders of the people in the persona.",
    "ethnicity": "Ethnicities of the people in the persona.",
    "geography": "Smallest place that holds where the people of the persona are.",
}

_FILES = {
    PERSONAS_FILE: "One row per persona: a group of people who share what is shown.",
    EVENTS_FILE: "One row per event of somebody in a persona; in no order.",
    EVENT_COUNTS_FILE: "Counts in place of events: of all, of each persona, and of ever finer "
    "parts of it. What is not listed happened to too few people, or to nobody, or is left out so "
    "that no such count can be worked out.",
    HISTORIES_FILE: "One row per persona: how often its people have events. Empty: too few people "
    "are behind the figure, or would be behind what is left without it.",
    HISTORY_COUNTS_FILE: "One row per figure of a persona's histories. What is not listed rests on "
    "too few people, or would give such a figure away.",
}
_FIGURES: dict[str, dict[Hashable, str]] = {
    EVENT_COUNTS_FILE: {
        "level": "How many of the columns from persona_id on the row is by; 0: all events. The "
        "columns after them are empty.",
        "count": "Events.",
        "suppressed": "How many of them no row of the next level counts.",
    },
    HISTORIES_FILE: {
        "events": "Events of the persona.",
        "events_per_person": "Events of the persona by the people it stands for.",
        "repeat_share": "Share of its people who have several events.",
        "recidivism_share": "Share of its people who have events again: a second run of events, "
        "as the domain says where a run begins.",
    },
    HISTORY_COUNTS_FILE: {
        FIGURE: 'What is counted: events by "event type", "outcome", "period" and "weekday", or '
        '"people with" so many events, and again so soon.',
        OF: "Of what it is a part: the event type of an outcome, the weekday of a period. Empty: "
        "of the whole persona.",
        LABEL: "The type, outcome, period, weekday, or how often. Empty: not known. Outcomes and "
        "periods are those of the released rows, noise and all.",
        COUNT: "Events; people, where it is of people.",
        SHARE: "Share of what it is a part of, 0 to 1.",
    },
}
_FIGURE_TYPES: dict[Hashable, str] = {
    **dict.fromkeys(("level", "count", "suppressed", "events"), "integer"),
    **dict.fromkeys(("events_per_person", "repeat_share", "recidivism_share", "share"), "number"),
}


def data_dictionary(personas: Personas, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the columns of all tables of a release.

    Labels of personas are listed with the people who have them, and only if they are at least as
    many as the smallest persona. Of events, only labels that the domain itself names are listed,
    without counts: how many people stand behind one is not known to the files.

    Parameters
    ----------
    personas : Personas
    settings : mapping
        As in ``ReleaseResult.settings``.

    Returns
    -------
    dict
        `schema_version` and `files`: by file name `description`, `rows`, `least_people` behind
        every figure where it is a table of figures, and `columns`, each of these with `name`,
        `type`, `role`, `description` and, of personas and events, `n_labels` and `labels`.

    Examples
    --------
    >>> table = pd.DataFrame({"persona_id": ["P1"], "age": ["30-39"], "class_size": [5]})
    >>> facts = data_dictionary(Personas(table), {"domain": "custom"})
    >>> facts["files"]["personas.csv"]["columns"][1]["labels"]
    [{'label': '30-39', 'people': 5}]
    """
    least, files = least_people_of(personas), {}
    for name, table in tables_of(personas).items():
        described = [_described_column(name, table, column, settings) for column in table.columns]
        files[name] = {"description": _FILES[name], "rows": len(table), "columns": described}
        if name in least:
            files[name]["least_people"] = least[name]
    return {"schema_version": DICTIONARY_VERSION, "files": files}


def _described_column(
    file: str, table: pd.DataFrame, name: Hashable, settings: Mapping[str, Any]
) -> dict[str, Any]:
    if file == PERSONAS_FILE:
        return _of_people(table, name)
    if file == EVENTS_FILE:
        return _of_events(table, name, settings)
    facts = {"name": str(name), "type": _FIGURE_TYPES.get(name, "text")}
    if name == PERSONA:
        return {**facts, "role": "persona", "description": "Persona that it is about."}
    if file == EVENT_COUNTS_FILE and name in (DATE, EVENT_TYPE, OUTCOME):
        return {**facts, **_described(name, settings)}
    return {**facts, "role": "figure", "description": _FIGURES[file][name]}


def _of_people(table: pd.DataFrame, name: Hashable) -> dict[str, Any]:
    is_key = name not in (PERSONA, CLASS_SIZE)
    facts = {
        "name": str(name),
        "type": "integer" if name == CLASS_SIZE else "text",
        "role": "quasi-identifier" if is_key else "persona" if name == PERSONA else "people",
        "description": _OF_PEOPLE.get(str(name), "Values of the people in the persona."),
    }
    if not is_key:
        return facts
    people = label_people(table, name)
    enough = people[people >= table[CLASS_SIZE].min()]
    shown = enough[:_MOST_LABELS]
    return {
        **facts,
        "how_to_read": _LABELS,
        "n_labels": len(people),
        "labels": [
            {"label": None if label is None else str(label), "people": int(count)}
            for label, count in zip(shown.index, shown, strict=True)
        ],
    }


def label_people(table: pd.DataFrame, name: Hashable) -> pd.Series:
    """Count the people of each label, the most frequent first; None stands for "not known"."""
    missing = is_null(table[name])
    texts = [None if gone else str(v) for v, gone in zip(table[name], missing, strict=True)]
    of = pd.DataFrame({"label": texts, "people": table[CLASS_SIZE].to_numpy(dtype="int64")})
    counts = of.groupby("label", dropna=False, sort=True)["people"].sum()
    counts = counts.sort_values(ascending=False, kind="stable")
    index = [None if is_null([label])[0] else str(label) for label in counts.index]
    return pd.Series(counts.to_numpy(), index=pd.Index(index, dtype=object))


def _of_events(events: pd.DataFrame, name: Hashable, settings: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": str(name),
        "type": "number" if pd.api.types.is_numeric_dtype(events[name]) else "text",
    }
    if name == PERSONA:
        return {**facts, "role": "persona", "description": "Persona whose event it is."}
    described = _described(name, settings)
    missing = is_null(events[name])
    n_labels = events[name][~missing].nunique() + int(missing.any())
    return {**facts, **described, "n_labels": int(n_labels)}


def _described(name: Hashable, settings: Mapping[str, Any]) -> dict[str, Any]:
    named = settings["domain"]
    config = get_domain_config(named if named in [one.value for one in Domain] else "custom")
    if name == DATE:
        moved = [
            f"{what} by up to {settings[setting]} days"
            for what, setting in (("together", "dates__shift"), ("each", "dates__jitter"))
            if settings.get(setting)
        ]
        how = f"; moved at random ({', '.join(moved)})" if moved else ""
        return {
            "role": "date",
            "description": f"When it was, by the {settings['dates__precision']}{how}.",
        }
    if name == EVENT_TYPE:
        return {
            "role": "event type",
            "description": "What happened.",
            "labels_of_domain": _listed(config.event_types),
        }
    if name == OUTCOME:
        share = settings.get("outcomes__flip_probability")
        changed = f" About {share:.0%} were exchanged at random." if share else ""
        outcomes = {label for labels in config.outcomes.values() for label in labels}
        return {
            "role": "outcome",
            "description": f"How it ended.{changed}",
            "labels_of_domain": _listed(outcomes),
        }
    noisy = name in config.numeric_values
    return {
        "role": "kept",
        "description": "A column of events that was asked for"
        + ("; its numbers were moved at random." if noisy else "; as it was in the data."),
    }


def _listed(labels: Iterable[str]) -> list[str]:
    return sorted(str(label) for label in labels)
