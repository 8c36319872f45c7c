"""What becomes of peers that fail, hang, or cannot be installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.environments import PEERS, SCRIPTS, Peer, PeerFailed, run_peer
from benchmarks.merging import OURS, Row, describe_bars, describe_losses, describe_utilities

FIGURES = {"seconds": 2.0, "peak_mb": 100.0, "before_mb": 50.0}


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A peer's script to be written by the test, run by this very Python."""
    monkeypatch.setattr(environments, "SCRIPTS", tmp_path)
    monkeypatch.setattr(environments, "interpreter", lambda peer: Path(sys.executable))
    return tmp_path / "peer.py"


def _run(tmp_path: Path) -> dict[str, object]:
    return run_peer(Peer("p", "peer.py", ("p",)), tmp_path / "in", tmp_path / "out", 5, ["age"])


def test_every_script_is_there() -> None:
    assert all((SCRIPTS / peer.script).is_file() for peer in PEERS)


def test_the_last_line_is_what_was_measured(script: Path, tmp_path: Path) -> None:
    script.write_text("print('chatter')\nprint('{\"seconds\": 1.5}')")
    assert _run(tmp_path) == {"seconds": 1.5}


def test_a_failure_is_told_by_its_last_line(script: Path, tmp_path: Path) -> None:
    script.write_text("raise ValueError('no | luck')")
    with pytest.raises(PeerFailed, match="fails: ValueError: no / luck"):
        _run(tmp_path)


def test_a_hanging_peer_is_ended(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "TIME_LIMIT", 1)
    script.write_text("import time\ntime.sleep(60)")
    with pytest.raises(PeerFailed, match="not in 1 s"):
        _run(tmp_path)


def test_what_does_not_install_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        code = int("pip" in command)
        return subprocess.CompletedProcess(command, code, "", "tried\nERROR: none found for p\n")

    monkeypatch.setenv("PERSONATWIN_BENCHMARK_CACHE", str(tmp_path))
    monkeypatch.setattr(subprocess, "run", no_network)
    peer = Peer("p", "umbra.py", ("p",))
    for _ in range(2):  # a half-made environment is not taken for a whole one
        with pytest.raises(PeerFailed, match="does not install: ERROR: none found for p"):
            environments.interpreter(peer)


def test_a_reason_stands_where_a_figure_would() -> None:
    rows = [Row("adult", 5, OURS, FIGURES), Row("adult", 5, "peer", reason="not in 300 s")]
    ours, peer = describe_losses(rows).splitlines()[-2:]
    assert "| 2.00 | 1 | 100 (50) |" in ours
    assert "| peer | not in 300 s |" in peer


def test_gaps_are_taken_on_the_same_splits() -> None:
    real = [{"accuracy": 0.8, "auc": 0.9}, {"accuracy": 0.6, "auc": 0.7}]
    results = {"the real table": real, "peer": [{"accuracy": 0.79, "auc": 0.9}]}
    assert "-0.0100" in describe_utilities(results, {}).splitlines()[-1]


def test_a_missed_bar_is_called_missed() -> None:
    for seconds, verdict, met in ((0.5, "stretch", True), (4, "met", True), (6, "MISSED", False)):
        row = Row("adult", 5, OURS, {"ncp": 0.0, "seconds": seconds})
        text, all_met = describe_bars([row], {})
        assert text.splitlines()[-1].endswith(f"| {verdict} |")
        assert all_met is met
