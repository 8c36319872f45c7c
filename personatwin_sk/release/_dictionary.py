"""The data dictionary: what each column of a release means, and which labels it holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.domains import Domain, get_domain_config
from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME
from personatwin_sk.release._personas import (
    CLASS_SIZE,
    PERSONA,
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)

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


def data_dictionary(personas: Personas, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the columns of both tables of a release.

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
        `schema_version` and `files`: by file name `rows` and `columns`, each of these with `name`,
        `type`, `role`, `description`, `n_labels`, `labels`.

    Examples
    --------
    >>> table = pd.DataFrame({"persona_id": ["P1"], "age": ["30-39"], "class_size": [5]})
    >>> facts = data_dictionary(Personas(table), {"domain": "custom"})
    >>> facts["files"]["personas.csv"]["columns"][1]["labels"]
    [{'label': '30-39', 'people': 5}]
    """
    table = personas_to_dataframe(personas)
    files = {
        "personas.csv": {
            "description": "One row per persona: a group of people who share what is shown.",
            "rows": len(table),
            "columns": [_of_people(table, name) for name in table.columns],
        }
    }
    if personas.has_events:
        events = personas_to_event_dataframe(personas)
        files["events.csv"] = {
            "description": "One row per event of somebody in a persona; in no order.",
            "rows": len(events),
            "columns": [_of_events(events, name, settings) for name in events.columns],
        }
    return {"schema_version": DICTIONARY_VERSION, "files": files}


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
