"""A loopback imitation of the US Census Bureau's file server and API.

It lays out files as the Bureau does, answers the API's requests and refuses them in the Bureau's
words. `script` and `always` make it misbehave. It shares no code with what is tested.

    with FakeBureau() as bureau:
        bureau.use(monkeypatch, tmp_path)
        bureau.publish_counties(2024, 44, fips, counts)
        Bureau().county_tables(44, source="bulk")
        assert bureau.requests[0].path.endswith("cc-est2024-alldata-44.csv")
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from bureau_files import (
    county_characteristics_csv,
    county_single_years_csv,
    state_characteristics_csv,
)

from personatwin_sk.population.bureau import _breaker

KEY = "0123456789abcdef0123456789abcdef01234567"
"""The only key that the imitation knows."""

HTML = {"Content-Type": "text/html"}
TEXT = {"Content-Type": "text/plain"}
INVALID_KEY_PAGE = (
    b"<html><head><title>Invalid Key</title></head><body><p>A valid <em>key</em> must be included "
    b"with each data API request.</p></body></html>"
)
NOT_FOUND_PAGE = b"<html><head><title>Error report</title></head><body><h1>404</h1></body></html>"
RACE_LETTERS = "ABCDEGF"
"""The Bureau's letters of White, Black, AIAN, Asian, NHPI, two or more, some other race."""
NOT_HISPANIC_LETTERS = "IJKLMON"


@dataclass(frozen=True)
class Reply:
    """An answer that a test wants, whatever is asked."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Overrides what is announced.
    content_length: int | None = None
    # Seconds before the first byte, and between each two bytes of the body.
    delay: float = 0.0
    drip: float = 0.0
    # The same between the bytes of the head.
    head_drip: float = 0.0
    # The connection is closed without an answer.
    hang_up: bool = False


@dataclass(frozen=True)
class Recorded:
    """A request as it came in."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class _Server(ThreadingHTTPServer):
    # Joined when the server is closed, so that no thread outlives its test.
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        # Clients break off, as some tests want them to; anything else is told as usual.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class FakeBureau:
    """A server on a free port of the loopback device."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.files: dict[str, bytes] = {}
        # Path of a dataset, such as "/data/2024/acs/acs5" -> code of an area -> variable -> value.
        self.api: dict[str, dict[int, dict[str, str | None]]] = {}
        self.script: deque[Reply] = deque()
        self.always: Reply | None = None
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead here."""
        return {
            "PERSONATWIN_CENSUS_FILES_URL": self.url,
            "PERSONATWIN_CENSUS_API_URL": self.url,
            # Whatever proxy the machine has, it is not the way to the loopback device.
            "NO_PROXY": "*",
        }

    def use(self, monkeypatch: pytest.MonkeyPatch, home: Path, *, key: str | None = None) -> None:
        """Lead everything here, with an empty cache in `home`, and forget earlier failures."""
        for name in ("PERSONATWIN_OFFLINE", "CENSUS_API_KEY", "US_CENSUS_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PERSONATWIN_HOME", str(home))
        if key is not None:
            monkeypatch.setenv("CENSUS_API_KEY", key)
        _breaker.reset()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        _breaker.reset()

    # What it holds ------------------------------------------------------------------------------

    def publish_counties(
        self, vintage: int, state: int, fips: np.ndarray, counts: np.ndarray
    ) -> None:
        """Publish cc-estYYYY-alldata-SS.csv: county x 18 bands x sex x 6 races x Hispanic."""
        name = f"counties/asrh/cc-est{vintage}-alldata-{state:02d}.csv"
        self.publish_file(vintage, name, county_characteristics_csv(vintage, fips, counts))

    def publish_single_years(
        self, vintage: int, state: int, fips: np.ndarray, counts: np.ndarray
    ) -> None:
        """Publish cc-estYYYY-syasex-SS.csv: county x 86 ages x sex."""
        name = f"counties/asrh/cc-est{vintage}-syasex-{state:02d}.csv"
        self.publish_file(vintage, name, county_single_years_csv(vintage, fips, counts))

    def publish_states(self, vintage: int, fips: np.ndarray, counts: np.ndarray) -> None:
        """Publish sc-estYYYY-alldata6.csv: state x 86 ages x sex x 6 races x Hispanic."""
        name = f"state/asrh/sc-est{vintage}-alldata6.csv"
        self.publish_file(vintage, name, state_characteristics_csv(vintage, fips, counts))

    def publish_file(self, vintage: int, name: str, content: bytes) -> None:
        """Publish a file of the population estimates."""
        decade = vintage // 10 * 10
        folder = f"/programs-surveys/popest/datasets/{decade}-{vintage}"
        self.files[f"{folder}/{name}"] = content

    def publish_census(self, fips: np.ndarray, counts: np.ndarray) -> None:
        """Publish P12A-O of 2020: area x 23 bands x sex x 7 races x Hispanic."""
        tables = {
            f"P12{letter}": counts[:, :, :, i].sum(3) for i, letter in enumerate(RACE_LETTERS)
        }
        for i, letter in enumerate(NOT_HISPANIC_LETTERS):
            tables[f"P12{letter}"] = counts[:, :, :, i, 0]
        tables["P12H"] = counts[..., 1].sum(axis=3)
        for name, table in tables.items():
            self.publish_variables("/data/2020/dec/dhc", fips, name, "N", table, totals=True)

    def publish_survey(
        self,
        year: int,
        fips: np.ndarray,
        tables: Mapping[str, np.ndarray],
        margins: Mapping[str, np.ndarray],
    ) -> None:
        """Publish B01001 and B01001A-I: table -> area x band x sex, and their margins of error."""
        for name, table in tables.items():
            path = f"/data/{year}/acs/acs5"
            self.publish_variables(path, fips, name, "E", table, totals=True)
            self.publish_variables(path, fips, name, "M", margins[name], totals=False)

    def publish_variables(
        self, path: str, fips: np.ndarray, table: str, suffix: str, cells: np.ndarray, totals: bool
    ) -> None:
        """Publish the lines of a table of sex by age."""
        n_bands = cells.shape[1]
        lines = {3 + i: cells[:, i, 0] for i in range(n_bands)}
        lines |= {4 + n_bands + i: cells[:, i, 1] for i in range(n_bands)}
        if totals:
            lines |= {1: cells.sum(axis=(1, 2)), 2: cells[..., 0].sum(1)}
            lines[3 + n_bands] = cells[..., 1].sum(axis=1)
        areas = self.api.setdefault(path, {})
        for line, values in lines.items():
            for area, value in zip(fips.tolist(), values.tolist(), strict=True):
                areas.setdefault(area, {})[f"{table}_{line:03d}{suffix}"] = str(int(value))

    # What it answers ----------------------------------------------------------------------------

    def answer(self, path: str, query: dict[str, str]) -> Reply:
        with self._lock:
            if self.script:
                return self.script.popleft()
        if self.always is not None:
            return self.always
        if path in self.files:
            return Reply(200, {"Content-Type": "text/csv"}, self.files[path])
        if path.startswith("/data/"):
            return self._answer_api(path, query)
        return Reply(404, HTML, NOT_FOUND_PAGE)

    def _answer_api(self, path: str, query: dict[str, str]) -> Reply:
        if query.get("key") != KEY:
            which = "invalid" if query.get("key") else "missing"
            location = f"{self.url}/data/{which}_key.html"
            return Reply(302, {"X-DataWebAPI-KeyError": "1", "Location": location})
        if path not in self.api:
            return Reply(404, HTML, NOT_FOUND_PAGE)
        variables = query["get"].split(",")
        if len(variables) > 50:
            return Reply(400, TEXT, b"error: 'get' is limited to 50 variables")
        if "for" not in query:
            return Reply(400, TEXT, b"error: missing 'for' argument")
        areas = self.api[path]
        if query["for"] == "state:*" and "in" not in query:
            wanted = [area for area in sorted(areas) if area < 100]
            geography = [[f"{area:02d}"] for area in wanted]
            names = ["state"]
        elif query["for"] == "county:*" and query.get("in", "").startswith("state:"):
            state = int(query["in"].removeprefix("state:"))
            wanted = [area for area in sorted(areas) if area // 1000 == state]
            geography = [[f"{area // 1000:02d}", f"{area % 1000:03d}"] for area in wanted]
            names = ["state", "county"]
        else:
            return Reply(400, TEXT, b"error: unknown/unsupported geography hierarchy")
        if not wanted:
            return Reply(204)
        known = areas[wanted[0]]
        unknown = [name for name in variables if name not in known]
        if unknown:
            return Reply(400, TEXT, f"error: unknown variable '{unknown[0]}'".encode())
        rows = [
            [areas[area][name] for name in variables] + place
            for area, place in zip(wanted, geography, strict=True)
        ]
        body = json.dumps([[*variables, *names], *rows]).encode()
        return Reply(200, {"Content-Type": "application/json;charset=utf-8"}, body)


def _handler_of(bureau: FakeBureau) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # So that a connection that nobody uses any more ends with the test.
        timeout = 3.0

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            bureau.requests.append(Recorded(parts.path, query, dict(self.headers.items())))
            reply = bureau.answer(parts.path, query)
            try:
                self._send(reply)
            except OSError:
                # The client has gone, as some tests want it to.
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            if reply.hang_up:
                self.close_connection = True
                return
            if bureau.closing.wait(reply.delay):
                self.close_connection = True
                return
            head = [f"HTTP/1.1 {reply.status} Whatever"]
            head += [f"{name}: {value}" for name, value in reply.headers.items()]
            length = len(reply.body) if reply.content_length is None else reply.content_length
            if reply.status != 204 and "Transfer-Encoding" not in reply.headers:
                head.append(f"Content-Length: {length}")
            self._write("\r\n".join([*head, "", ""]).encode("ascii"), reply.head_drip)
            self._write(reply.body, reply.drip)
            if length != len(reply.body) or "Transfer-Encoding" in reply.headers:
                self.close_connection = True

        def _write(self, content: bytes, drip: float) -> None:
            if not drip:
                self.wfile.write(content)
                return
            for byte in content:
                if bureau.closing.wait(drip):
                    self.close_connection = True
                    return
                self.wfile.write(bytes([byte]))

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
