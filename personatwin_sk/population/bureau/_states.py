"""The states and how many counties each has, to tell a whole table from a part of one."""

from __future__ import annotations

# Counties and what counts as such, the fewest in any year since 2009 (Alaska had 29 until 2019,
# Connecticut 8 until 2022, Virginia lost Bedford in 2013). Source: the Bureau's national county
# files of 2010 to 2023.
# fmt: off
N_COUNTIES = {
    1: 67, 2: 29, 4: 15, 5: 75, 6: 58, 8: 64, 9: 8, 10: 3, 11: 1, 12: 67, 13: 159, 15: 5, 16: 44,
    17: 102, 18: 92, 19: 99, 20: 105, 21: 120, 22: 64, 23: 16, 24: 24, 25: 14, 26: 83, 27: 87,
    28: 82, 29: 115, 30: 56, 31: 93, 32: 17, 33: 10, 34: 21, 35: 33, 36: 62, 37: 100, 38: 53,
    39: 88, 40: 77, 41: 36, 42: 67, 44: 5, 45: 46, 46: 66, 47: 95, 48: 254, 49: 29, 50: 14,
    51: 133, 53: 39, 54: 55, 55: 72, 56: 23,
}
# fmt: on
"""Number of counties by code of the state; the fifty states and the District of Columbia."""

STATES = tuple(N_COUNTIES)
"""Codes of the states, ascending."""
