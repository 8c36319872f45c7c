"""What each domain's events, outcomes and identifiers are, and in which order events come."""

from personatwin_sk.domains._builtin import get_domain_config
from personatwin_sk.domains._config import Domain, DomainConfig, create_custom_config
from personatwin_sk.domains._labels import map_labels, suggest_labels, unknown_labels
from personatwin_sk.domains._nearest import nearest_label, spelling
from personatwin_sk.domains._privacy import PRIVACY_LEVELS, PrivacyLevel, get_privacy_level
from personatwin_sk.domains._told import mark_told, several_spellings, untold

__all__ = [
    "PRIVACY_LEVELS",
    "Domain",
    "DomainConfig",
    "PrivacyLevel",
    "create_custom_config",
    "get_domain_config",
    "get_privacy_level",
    "map_labels",
    "mark_told",
    "nearest_label",
    "several_spellings",
    "spelling",
    "suggest_labels",
    "unknown_labels",
    "untold",
]
