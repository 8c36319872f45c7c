"""The whole job: load, protect, pass the gate, export."""

from personatwin_sk.release._aggregates import aggregate_events
from personatwin_sk.release._create import create_safe_personas
from personatwin_sk.release._domain_loaders import (
    load_criminal_justice_data,
    load_education_data,
    load_employment_data,
    load_healthcare_data,
    load_social_services_data,
)
from personatwin_sk.release._export import export_personas, export_privacy_report, write_release
from personatwin_sk.release._loaders import load_people_events
from personatwin_sk.release._personas import (
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.release._pipeline import make_release_pipeline
from personatwin_sk.release._result import ReleaseResult

__all__ = [
    "Personas",
    "ReleaseResult",
    "aggregate_events",
    "create_safe_personas",
    "export_personas",
    "export_privacy_report",
    "load_criminal_justice_data",
    "load_education_data",
    "load_employment_data",
    "load_healthcare_data",
    "load_people_events",
    "load_social_services_data",
    "make_release_pipeline",
    "personas_to_dataframe",
    "personas_to_event_dataframe",
    "write_release",
]
