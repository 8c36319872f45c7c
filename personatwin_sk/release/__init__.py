"""The whole job: load, protect, pass the gate, export."""

from personatwin_sk.release._aggregates import aggregate_events
from personatwin_sk.release._checks import Check, Verification
from personatwin_sk.release._create import create_safe_personas
from personatwin_sk.release._dictionary import data_dictionary
from personatwin_sk.release._domain_loaders import (
    load_criminal_justice_data,
    load_education_data,
    load_employment_data,
    load_healthcare_data,
    load_social_services_data,
)
from personatwin_sk.release._export import (
    export_personas,
    export_privacy_report,
    export_release,
    write_release,
)
from personatwin_sk.release._histories import PersonaHistories, persona_histories
from personatwin_sk.release._loaders import load_people_events
from personatwin_sk.release._personas import (
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.release._pipeline import make_release_pipeline
from personatwin_sk.release._record_tables import people_from_records, records_from_table
from personatwin_sk.release._records import Event, Person, Persona
from personatwin_sk.release._result import ReleaseResult
from personatwin_sk.release._suggest_roles import suggest_roles
from personatwin_sk.release._verify import verify_release

__all__ = [
    "Check",
    "Event",
    "Person",
    "Persona",
    "PersonaHistories",
    "Personas",
    "ReleaseResult",
    "Verification",
    "aggregate_events",
    "create_safe_personas",
    "data_dictionary",
    "export_personas",
    "export_privacy_report",
    "export_release",
    "load_criminal_justice_data",
    "load_education_data",
    "load_employment_data",
    "load_healthcare_data",
    "load_people_events",
    "load_social_services_data",
    "make_release_pipeline",
    "people_from_records",
    "persona_histories",
    "personas_to_dataframe",
    "personas_to_event_dataframe",
    "records_from_table",
    "suggest_roles",
    "verify_release",
    "write_release",
]
