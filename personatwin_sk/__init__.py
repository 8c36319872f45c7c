"""Privacy-preserving release of people-events data, the scikit-learn way.

Estimators in an ordinary ``Pipeline`` turn a table of people and what happened to them into
personas that can be shared; the risk that anybody in them is recognised is measured on the
released table.
"""

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import format_label, parse_label
from personatwin_sk._version import __version__
from personatwin_sk.datasets import make_people_events
from personatwin_sk.domains import (
    Domain,
    DomainConfig,
    create_custom_config,
    map_labels,
    suggest_labels,
)
from personatwin_sk.exceptions import (
    ColumnNotFoundError,
    DataWarning,
    InfeasibleRiskError,
    InputError,
    NothingSelectedWarning,
)
from personatwin_sk.geography import GeographicGeneralizer
from personatwin_sk.identifiers import IdentifierRemover
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch, RiskUtilityDisplay
from personatwin_sk.noise import (
    OutcomeNoise,
    PrivacyLedger,
    TemporalNoise,
    ValueNoise,
    privacy_ledger,
    private_counts,
)
from personatwin_sk.population import (
    CensusPopulation,
    Provenance,
    ReferencePopulation,
    TablePopulation,
)
from personatwin_sk.release import (
    Personas,
    ReleaseResult,
    Verification,
    aggregate_events,
    create_safe_personas,
    export_personas,
    export_privacy_report,
    export_release,
    load_criminal_justice_data,
    load_education_data,
    load_employment_data,
    load_healthcare_data,
    load_people_events,
    load_social_services_data,
    make_release_pipeline,
    personas_to_dataframe,
    personas_to_event_dataframe,
    suggest_roles,
    verify_release,
)
from personatwin_sk.risk import (
    AttackResult,
    EventRisk,
    ReidentificationRisk,
    RiskReport,
    assess_risk,
    find_weaknesses,
    measure_diversity,
    population_uniqueness,
    simulate_linkage,
    suda_scores,
)
from personatwin_sk.utility import (
    ModelScore,
    UtilityReport,
    association_preserved,
    event_sequences,
    information_kept,
    k_marginal,
    ncp,
    outcome_disparities,
    propensity_mse,
    train_on_released,
    utility_report,
)

__all__ = [
    "AttackResult",
    "CensusPopulation",
    "ColumnNotFoundError",
    "DataWarning",
    "Domain",
    "DomainConfig",
    "EventRisk",
    "GeographicGeneralizer",
    "Hierarchy",
    "IdentifierRemover",
    "InfeasibleRiskError",
    "InputError",
    "ModelScore",
    "NothingSelectedWarning",
    "OutcomeNoise",
    "PersonaMerger",
    "Personas",
    "PrivacyLedger",
    "Provenance",
    "ReferencePopulation",
    "ReidentificationRisk",
    "ReleaseResult",
    "RiskAwareSearch",
    "RiskReport",
    "RiskUtilityDisplay",
    "TablePopulation",
    "TemporalNoise",
    "UtilityReport",
    "ValueNoise",
    "Verification",
    "__version__",
    "aggregate_events",
    "assess_risk",
    "association_preserved",
    "create_custom_config",
    "create_safe_personas",
    "event_sequences",
    "export_personas",
    "export_privacy_report",
    "export_release",
    "find_weaknesses",
    "format_label",
    "information_kept",
    "k_marginal",
    "load_criminal_justice_data",
    "load_education_data",
    "load_employment_data",
    "load_healthcare_data",
    "load_people_events",
    "load_social_services_data",
    "make_people_events",
    "make_release_pipeline",
    "map_labels",
    "measure_diversity",
    "ncp",
    "outcome_disparities",
    "parse_label",
    "personas_to_dataframe",
    "personas_to_event_dataframe",
    "population_uniqueness",
    "privacy_ledger",
    "private_counts",
    "propensity_mse",
    "simulate_linkage",
    "suda_scores",
    "suggest_labels",
    "suggest_roles",
    "train_on_released",
    "utility_report",
    "verify_release",
]
