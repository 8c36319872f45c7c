"""The peers: what is installed for each, in an environment of its own, and how it is run."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent / "peers"
TIME_LIMIT = 300


@dataclass(frozen=True)
class Peer:
    """A way of another package to make a table k-anonymous."""

    name: str
    script: str
    requirements: tuple[str, ...]
    kinds: frozenset[str] = field(default=frozenset({"mixed", "numeric"}))
    algorithm: str = ""
    gives_classes: bool = True
    needs_target: bool = False

    @property
    def environment(self) -> str:
        return self.requirements[0].split("=")[0]


NUMERIC = frozenset({"numeric"})

PEERS = (
    Peer("anonypyx, Mondrian", "anonypyx_partition.py", ("anonypyx",)),
    Peer("anonypyx, MDAV-generic", "anonypyx_partition.py", ("anonypyx",), NUMERIC, "MDAV-generic"),
    Peer("project-lighthouse-anonymize", "lighthouse.py", ("project-lighthouse-anonymize",)),
    # Its metadata names no dependencies. It calls OneHotEncoder(sparse=...), gone in
    # scikit-learn 1.4, and is guided by a target, which the all-numeric sets do not have.
    Peer(
        "ai-privacy-toolkit",
        "ai_privacy.py",
        (
            "ai-privacy-toolkit",
            "scikit-learn<1.4",
            "numpy<2",
            "pandas<3",
            "adversarial-robustness-toolbox",
            "packaging",
            "tqdm",
        ),
        needs_target=True,
    ),
    Peer("umbra-k", "umbra.py", ("umbra-k",)),
    Peer(
        "microaggregation",
        "microaggregation_sse.py",
        ("microaggregation",),
        NUMERIC,
        gives_classes=False,
    ),
    Peer(
        "microaggregation, rows sorted by us",
        "microaggregation_sse.py",
        ("microaggregation",),
        NUMERIC,
        "sorted",
        gives_classes=False,
    ),
)


class PeerFailed(RuntimeError):
    """A peer gave no figure; the message says why, for the table."""


def cache_folder() -> Path:
    """Give the folder of environments and tables, $PERSONATWIN_BENCHMARK_CACHE or ~/.cache."""
    default = Path.home() / ".cache" / "personatwin-benchmarks"
    folder = Path(os.environ.get("PERSONATWIN_BENCHMARK_CACHE", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def interpreter(peer: Peer) -> Path:
    """Give the Python of the peer's environment, which is made when it is first asked for."""
    folder = cache_folder() / "environments" / peer.environment
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = folder / "complete"
    if complete.exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    # pandas is what the scripts read and write with; not every peer asks for it.
    install = [str(python), "-m", "pip", "install", "-q", *peer.requirements]
    if not any(requirement.startswith("pandas") for requirement in peer.requirements):
        install.append("pandas")
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerFailed(f"does not install: {_last_line(done.stderr)}")
    complete.touch()
    return python


def run_peer(
    peer: Peer, table: Path, released: Path, k: int, keys: list[str], target: str = ""
) -> dict[str, Any]:
    """Run a peer on a CSV; what its script printed. Raises PeerFailed with the reason."""
    command = [str(interpreter(peer)), str(SCRIPTS / peer.script), str(table), str(released)]
    command += [str(k), ",".join(keys), "--algorithm", peer.algorithm, "--target", target]
    # A session of its own, so that workers which a peer starts end with it.
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, errors = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise PeerFailed(f"not in {TIME_LIMIT} s") from None
    if process.returncode < 0:
        raise PeerFailed(f"ended by signal {-process.returncode} (out of memory?)")
    if process.returncode:
        raise PeerFailed(f"fails: {_last_line(errors)}")
    return json.loads(out.strip().splitlines()[-1])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else "no message")[:160].replace("|", "/")
