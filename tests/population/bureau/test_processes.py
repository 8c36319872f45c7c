"""Two processes at once with one cache."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from bureau_files import counties_of, some_counts
from fake_bureau import FakeBureau, Reply

from personatwin_sk.population.bureau import Bureau, CountyCharacteristics

FIPS = counties_of(44, 5)
COUNTS = some_counts((5, 18, 2, 6, 2), seed=3)

# Stores and reads the same table over and over; what it reads must always be whole.
WORKER = """
import sys
import numpy as np
from personatwin_sk.population.bureau import Bureau
from personatwin_sk.population.bureau._cache import Cache
from personatwin_sk.population.bureau._datasets import TableId

wanted = TableId("county-characteristics", 2024, 44)
table = Bureau(timeout=60).county_tables(44, source="bulk")
cache = Cache()
n_absent = 0
for _ in range(60):
    cache.store(wanted, table)
    found = cache.load(wanted)
    n_absent += found is None or not np.array_equal(found.counts, table.counts)
print(table.counts.sum(), n_absent)
"""


def run_together(bureau: FakeBureau, n: int) -> list[str]:
    environment = {
        **os.environ,
        **bureau.environment,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONWARNINGS": "error",
    }
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(n)
    ]
    told = []
    for worker in workers:
        output, errors = worker.communicate(timeout=120)
        assert worker.returncode == 0, errors
        assert not errors
        told.append(output.strip())
    return told


def test_two_processes_warm_the_same_cache(bureau: FakeBureau) -> None:
    bureau.publish_counties(2024, 44, FIPS, COUNTS)
    assert run_together(bureau, 2) == [f"{COUNTS.sum()} 0"] * 2
    (entry,) = Bureau().cached()
    assert list(entry.path.parent.iterdir()) == [entry.path]
    found = Bureau().county_tables(44, source="cache")
    assert isinstance(found, CountyCharacteristics)
    np.testing.assert_array_equal(found.counts, COUNTS)


def test_a_process_that_hangs_on_a_slow_server_can_end(bureau: FakeBureau) -> None:
    # The thread that waits must not keep the interpreter from ending.
    bureau.always = Reply(200, {}, b"x" * 30_000, drip=0.1)
    program = (
        "from personatwin_sk.population.bureau import Bureau, DeadlineError\n"
        "try:\n"
        "    Bureau(timeout=0.3).county_tables(44, source='bulk')\n"
        "except DeadlineError:\n"
        "    print('late')\n"
    )
    environment = {**os.environ, **bureau.environment, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=20
    )
    assert (done.stdout, done.stderr, done.returncode) == ("late\n", "", 0)
