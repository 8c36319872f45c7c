"""What may happen in each domain, how often, and how long it takes.

The figures are invented: plausible, and estimated from nothing. The order of events is that of
`personatwin_sk.domains`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from personatwin_sk.datasets._histories import HistoryModel, Step
from personatwin_sk.domains import Domain

_CRIMINAL_JUSTICE = HistoryModel(
    ages=(18, 99),
    first={"arrest": 1.0},
    steps={
        "arrest": Step(
            1,
            {"charged": 0.8, "released": 0.2},
            {"charged": {"charge": 0.65, "pretrial_detention": 0.35}},
            any_day=True,
        ),
        "pretrial_detention": Step(
            1, {"detained": 1.0}, {"detained": {"release": 0.7, "charge": 0.3}}, any_day=True
        ),
        "release": Step(12, {"released": 1.0}, {"released": {"charge": 1.0}}, any_day=True),
        "charge": Step(
            10,
            {"filed": 0.6, "plea_bargain": 0.25, "dismissed": 0.15},
            {"filed": {"trial": 1.0}, "plea_bargain": {"sentencing": 1.0}},
        ),
        "trial": Step(
            120,
            {"guilty": 0.6, "not_guilty": 0.25, "dismissed": 0.15},
            {"guilty": {"sentencing": 1.0}},
        ),
        "sentencing": Step(
            40,
            {"probation": 0.5, "incarceration": 0.28, "fine": 0.22},
            {
                "probation": {"probation": 0.95, "appeal": 0.05},
                "incarceration": {"incarceration": 0.85, "appeal": 0.15},
                "fine": {"appeal": 0.02},
            },
        ),
        "probation": Step(
            300,
            {"completed": 0.72, "violated": 0.28},
            {"violated": {"sentencing": 1.0}},
        ),
        "incarceration": Step(400, {"served": 1.0}, {"served": {"parole": 0.6}}, any_day=True),
        "parole": Step(
            250, {"completed": 0.75, "violated": 0.25}, {"violated": {"incarceration": 1.0}}
        ),
        "appeal": Step(
            150,
            {"affirmed": 0.8, "reversed": 0.13, "remanded": 0.07},
            {"remanded": {"trial": 1.0}},
        ),
    },
    again=0.35,
    again_by_year=-0.02,
    pause=300,
)

_HEALTHCARE = HistoryModel(
    ages=(0, 99),
    first={"visit": 0.6, "telehealth": 0.12, "emergency_visit": 0.2, "admission": 0.08},
    steps={
        "visit": Step(
            20,
            {"completed": 0.55, "improved": 0.2, "stable": 0.2, "declined": 0.05},
            {
                "completed": {"test": 0.2},
                "stable": {"visit": 0.3, "test": 0.2},
                "declined": {"diagnosis": 0.8},
            },
        ),
        "telehealth": Step(
            20,
            {"completed": 0.7, "stable": 0.2, "declined": 0.1},
            {"stable": {"visit": 0.2}, "declined": {"visit": 0.7}},
        ),
        "emergency_visit": Step(
            20,
            {"completed": 0.55, "admitted": 0.25, "stable": 0.2},
            {"completed": {"visit": 0.4}, "admitted": {"admission": 1.0}},
            any_day=True,
        ),
        "admission": Step(
            0.4, {"admitted": 1.0}, {"admitted": {"diagnosis": 0.9, "discharge": 0.1}}, any_day=True
        ),
        "test": Step(
            6,
            {"negative": 0.7, "positive": 0.2, "inconclusive": 0.1},
            {"positive": {"diagnosis": 1.0}, "inconclusive": {"visit": 0.6}},
        ),
        "diagnosis": Step(
            4,
            {"confirmed": 0.6, "suspected": 0.25, "ruled_out": 0.15},
            {
                "confirmed": {"treatment": 0.75, "surgery": 0.2},
                "suspected": {"visit": 0.8},
                "ruled_out": {"discharge": 0.4},
            },
            any_day=True,
        ),
        "treatment": Step(
            14,
            {"recovered": 0.25, "improved": 0.35, "stable": 0.3, "declined": 0.1},
            {
                "recovered": {"discharge": 0.4},
                "improved": {"treatment": 0.3, "visit": 0.4},
                "stable": {"treatment": 0.5},
                "declined": {"surgery": 0.4, "treatment": 0.4},
            },
        ),
        "surgery": Step(
            9,
            {"recovered": 0.35, "improved": 0.45, "stable": 0.15, "declined": 0.05},
            {
                "recovered": {"discharge": 1.0},
                "improved": {"discharge": 1.0},
                "stable": {"treatment": 0.6, "discharge": 0.4},
                "declined": {"treatment": 1.0},
            },
        ),
        "discharge": Step(
            4,
            {"recovered": 0.35, "improved": 0.4, "stable": 0.2, "transferred": 0.05},
            {"improved": {"visit": 0.5}, "stable": {"visit": 0.6}},
            any_day=True,
        ),
    },
    again=0.6,
    again_by_year=0.008,
    pause=200,
)

_EDUCATION = HistoryModel(
    ages=(5, 24),
    first={"enrollment": 1.0},
    steps={
        "enrollment": Step(
            10, {"enrolled": 1.0}, {"enrolled": {"assessment": 0.95, "grade": 0.05}}
        ),
        "assessment": Step(
            60,
            {"passed": 0.8, "failed": 0.17, "incomplete": 0.03},
            {
                "passed": {"assessment": 0.45, "grade": 0.52, "suspension": 0.03},
                "failed": {"intervention": 0.4, "assessment": 0.35, "grade": 0.25},
                "incomplete": {"assessment": 0.8},
            },
        ),
        "intervention": Step(
            15,
            {"completed": 0.8, "declined": 0.2},
            {"completed": {"assessment": 1.0}, "declined": {"grade": 1.0}},
        ),
        "suspension": Step(8, {"served": 0.93, "expelled": 0.07}, {"served": {"assessment": 1.0}}),
        "grade": Step(
            60,
            {"promoted": 0.86, "retained": 0.1, "failed": 0.04},
            {
                "promoted": {"assessment": 0.72, "graduation": 0.14, "transfer": 0.06},
                "retained": {"assessment": 0.8, "dropout": 0.12},
                "failed": {"dropout": 0.3, "assessment": 0.6},
            },
        ),
        "transfer": Step(40, {"completed": 1.0}, {"completed": {"enrollment": 1.0}}),
        "graduation": Step(30, {"graduated": 1.0}, {}),
        "dropout": Step(30, {"withdrawn": 1.0}, {}),
    },
    again=0.15,
    again_by_year=0.0,
    pause=250,
)

_SOCIAL_SERVICES = HistoryModel(
    ages=(18, 99),
    first={"application": 1.0},
    steps={
        "application": Step(
            30,
            {"approved": 0.6, "denied": 0.32, "withdrawn": 0.08},
            {"approved": {"case_opened": 1.0}, "denied": {"appeal": 0.25}},
        ),
        "appeal": Step(45, {"approved": 0.35, "denied": 0.65}, {"approved": {"case_opened": 1.0}}),
        "case_opened": Step(
            14,
            {"active": 0.85, "referred": 0.15},
            {
                "active": {"assessment": 0.6, "benefit_received": 0.4},
                "referred": {"service_provided": 1.0},
            },
        ),
        "assessment": Step(
            20,
            {"eligible": 0.75, "high_need": 0.15, "ineligible": 0.1},
            {
                "eligible": {"benefit_received": 0.8, "service_provided": 0.2},
                "high_need": {"service_provided": 1.0},
                "ineligible": {"case_closed": 1.0},
            },
        ),
        "benefit_received": Step(
            30,
            {"paid": 0.88, "reduced": 0.08, "stopped": 0.04},
            {
                "paid": {"benefit_received": 0.55, "review": 0.4},
                "reduced": {"review": 0.8},
                "stopped": {"case_closed": 1.0},
            },
        ),
        "service_provided": Step(
            25,
            {"completed": 0.75, "ongoing": 0.15, "declined": 0.1},
            {
                "completed": {"review": 0.6, "case_closed": 0.4},
                "ongoing": {"service_provided": 1.0},
                "declined": {"case_closed": 0.7},
            },
        ),
        "review": Step(
            60,
            {"compliant": 0.85, "non_compliant": 0.15},
            {
                "compliant": {"benefit_received": 0.7, "case_closed": 0.3},
                "non_compliant": {"sanction": 0.8, "case_closed": 0.2},
            },
        ),
        "sanction": Step(
            15,
            {"imposed": 0.8, "waived": 0.2},
            {"imposed": {"case_closed": 0.4, "benefit_received": 0.6}},
        ),
        "case_closed": Step(30, {"completed": 0.7, "non_compliant": 0.18, "moved": 0.12}, {}),
    },
    again=0.3,
    again_by_year=0.0,
    pause=240,
)

_EMPLOYMENT = HistoryModel(
    ages=(16, 75),
    first={"application": 0.7, "hire": 0.3},
    steps={
        "application": Step(
            30,
            {"successful": 0.45, "unsuccessful": 0.5, "withdrawn": 0.05},
            {"successful": {"interview": 1.0}},
        ),
        "interview": Step(
            15, {"successful": 0.5, "unsuccessful": 0.5}, {"successful": {"hire": 0.9}}
        ),
        "hire": Step(
            20,
            {"successful": 1.0},
            {"successful": {"training": 0.6, "performance_review": 0.35, "resignation": 0.05}},
        ),
        "training": Step(
            60,
            {"completed": 0.92, "incomplete": 0.08},
            {
                "completed": {"performance_review": 0.95},
                "incomplete": {"training": 0.5, "performance_review": 0.5},
            },
        ),
        "performance_review": Step(
            240,
            {"meets": 0.66, "exceeds": 0.2, "below": 0.14},
            {
                "meets": {"performance_review": 0.55, "training": 0.2, "resignation": 0.15},
                "exceeds": {"promotion": 0.45, "performance_review": 0.4},
                "below": {"warning": 0.5, "performance_review": 0.25, "resignation": 0.2},
            },
        ),
        "promotion": Step(
            30,
            {"promoted": 0.95, "declined": 0.05},
            {"promoted": {"performance_review": 0.8, "training": 0.15}},
        ),
        "warning": Step(
            30,
            {"written": 0.75, "final": 0.25},
            {
                "written": {"performance_review": 0.8, "training": 0.2},
                "final": {"termination": 0.6, "performance_review": 0.4},
            },
        ),
        "termination": Step(20, {"terminated": 0.7, "laid_off": 0.3}, {}),
        "resignation": Step(60, {"resigned": 1.0}, {}),
    },
    again=0.2,
    again_by_year=-0.01,
    pause=200,
)

HISTORY_MODELS: Mapping[str, HistoryModel] = MappingProxyType(
    {
        Domain.CRIMINAL_JUSTICE.value: _CRIMINAL_JUSTICE,
        Domain.HEALTHCARE.value: _HEALTHCARE,
        Domain.EDUCATION.value: _EDUCATION,
        Domain.SOCIAL_SERVICES.value: _SOCIAL_SERVICES,
        Domain.EMPLOYMENT.value: _EMPLOYMENT,
    }
)
