"""Time-outs, broken connections, attempts, and what of a request shows."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from fake_bureau import KEY, FakeBureau, Reply

from personatwin_sk import __version__
from personatwin_sk.population.bureau import (
    DeadlineError,
    DisconnectedError,
    RecentlyUnreachableError,
    ServerError,
    TooLargeError,
    TooManyRequestsError,
    TruncatedError,
    UnreachableError,
    _breaker,
)
from personatwin_sk.population.bureau import _transport as transport_module
from personatwin_sk.population.bureau._answers import judge_file
from personatwin_sk.population.bureau._key import ApiKey
from personatwin_sk.population.bureau._messages import Answer, Request
from personatwin_sk.population.bureau._transport import Transport

GOOD = Reply(200, {"Content-Type": "text/csv"}, b"a,b\n" * 100)


def get(server: str, *, seconds: float = 5.0, key: ApiKey | None = None) -> Answer:
    request = Request(server, "/file.csv", "the table", {"get": "X", "for": "county:*"}, key)
    with Transport(deadline=time.monotonic() + seconds) as transport:
        return transport.fetch(request, lambda answer: judge_file(answer, "the table"))


def took(server: str, error: type[Exception], seconds: float) -> float:
    start = time.monotonic()
    with pytest.raises(error):
        get(server, seconds=seconds)
    return time.monotonic() - start


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server whose queue of connections is full, so that nobody gets through."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
        for caller in callers:
            caller.close()
    _breaker.reset()


def test_a_good_answer_comes_whole(bureau: FakeBureau) -> None:
    bureau.always = GOOD
    answer = get(bureau.url)
    assert (answer.status, answer.body) == (200, GOOD.body)
    assert answer.headers["content-type"] == "text/csv"


def test_no_more_than_needed_goes_out(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # What requests would add of its own accord: credentials of a .netrc, and cookies.
    netrc = tmp_path_factory.mktemp("netrc") / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    bureau.always = Reply(200, {"Set-Cookie": "who=canary; Path=/"}, b"a,b\n")
    with Transport(deadline=time.monotonic() + 5) as transport:
        for _ in range(2):
            transport.fetch(Request(bureau.url, "/file.csv", "t"), lambda answer: None)
    for request in bureau.requests:
        assert request.query == {}
        assert request.headers == {
            "Host": bureau.url.removeprefix("http://"),
            "User-Agent": f"personatwin_sk/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        }


# Time ---------------------------------------------------------------------------------------------


def test_a_connection_that_is_never_accepted_ends_at_the_deadline(deaf: str) -> None:
    assert took(deaf, DeadlineError, 0.5) < 1.5


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {}, b"a,b\n", delay=60),
        Reply(200, {}, b"a,b\n" * 100, drip=0.05),
        Reply(200, {}, b"a,b\n", head_drip=0.05),
        Reply(200, {}, b"a,b\n" * 100, content_length=4_000, drip=0.05),
        Reply(503, {}, b"a,b\n" * 100, drip=0.05),
    ],
    ids=["first byte", "slow drip", "slow head", "slow drip, cut", "slow error page"],
)
def test_a_slow_server_is_left_at_the_deadline(bureau: FakeBureau, reply: Reply) -> None:
    bureau.always = reply
    assert took(bureau.url, DeadlineError, 0.4) < 1.4
    assert len(bureau.requests) == 1


def test_attempts_and_pauses_are_within_the_deadline(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "BACK_OFF", 0.3)
    bureau.always = Reply(503)
    # The second pause, 0.6 s, would not fit any more: it is not begun.
    assert took(bureau.url, ServerError, 0.7) < 0.7
    assert len(bureau.requests) == 2


def test_one_deadline_is_for_all_requests_of_a_table(bureau: FakeBureau) -> None:
    bureau.always = Reply(200, {}, b"a,b\n", delay=0.15)
    start = time.monotonic()
    with Transport(deadline=start + 0.4) as transport, pytest.raises(DeadlineError):
        for _ in range(100):
            transport.fetch(Request(bureau.url, "/file.csv", "t"), lambda answer: None)
    assert time.monotonic() - start < 1.4
    assert len(bureau.requests) <= 3


def test_threads_that_were_given_up_end(bureau: FakeBureau) -> None:
    # All of it would take a minute and more.
    bureau.always = Reply(200, {}, b"x" * 30_000, drip=0.002)
    with pytest.raises(DeadlineError):
        get(bureau.url, seconds=0.1)
    limit = time.monotonic() + 20
    while any(thread.name == "personatwin-census" for thread in threading.enumerate()):
        assert time.monotonic() < limit
        time.sleep(0.02)


# Attempts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(500), ServerError),
        (Reply(502, {}, b"<html>Bad gateway</html>"), ServerError),
        (Reply(503), ServerError),
        (Reply(504), ServerError),
        (Reply(429, {"Retry-After": "3600"}), TooManyRequestsError),
        (Reply(hang_up=True), DisconnectedError),
        (Reply(200, {}, b"a,b\n", content_length=400), TruncatedError),
        (Reply(200, {"Transfer-Encoding": "chunked"}, b"4\r\na,b\n\r\n"), TruncatedError),
        (Reply(200, {"Transfer-Encoding": "chunked"}, b"no length\r\n"), TruncatedError),
        (
            Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b"a,b\n" * 99)[:-20]),
            TruncatedError,
        ),
        (Reply(200, {"Content-Encoding": "gzip"}, b"not gzip"), TruncatedError),
    ],
    ids=[
        *("500", "502", "503", "504", "429", "hung up", "too short", "chunk missing"),
        *("chunk garbled", "gzip cut", "gzip garbled"),
    ],
)
def test_what_may_pass_is_tried_three_times(
    bureau: FakeBureau, reply: Reply, error: type[Exception]
) -> None:
    bureau.always = reply
    with pytest.raises(error, match="the table"):
        get(bureau.url)
    assert len(bureau.requests) == 3
    bureau.requests.clear()
    _breaker.reset()
    bureau.always = None
    bureau.script.extend([reply, reply, GOOD])
    assert get(bureau.url).body == GOOD.body
    assert len(bureau.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 301, 302, 307])
def test_what_will_not_pass_is_tried_once(bureau: FakeBureau, status: int) -> None:
    location = f"{bureau.url}/elsewhere"
    bureau.always = Reply(status, {"Location": location})
    with pytest.raises(Exception, match="the table"):
        get(bureau.url)
    assert [request.path for request in bureau.requests] == ["/file.csv"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(8 << 20))),
        Reply(200, {}, b"a,b\n" * (1 << 19)),
    ],
    ids=["inflated", "plain"],
)
def test_an_answer_beyond_measure_is_not_read_to_its_end(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(transport_module, "MAX_BYTES", 1 << 20)
    bureau.always = reply
    with pytest.raises(TooLargeError, match="1 MiB"):
        get(bureau.url)
    assert len(bureau.requests) == 1


class Short:
    """A response whose body ends too soon, from an HTTP library that does not mind."""

    status_code = 200
    headers = {"Content-Length": "400"}

    def __init__(self) -> None:
        self.raw = self
        self._left = [b"a,b\n"]

    def read(self, amount: int, decode_content: bool) -> bytes:
        return self._left.pop() if self._left else b""


def test_what_is_announced_is_compared_where_the_http_library_does_not() -> None:
    outcome = transport_module._read_answer(Short(), "t", threading.Event())  # type: ignore[arg-type]
    assert isinstance(outcome, TruncatedError)


def test_connections_are_closed_even_while_an_error_is_remembered(bureau: FakeBureau) -> None:
    bureau.always = Reply(200, {"Content-Encoding": "gzip"}, b"not gzip")
    with pytest.raises(TruncatedError) as remembered:
        get(bureau.url)
    limit = time.monotonic() + 2
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert remembered.value.__traceback__ is not None


# Servers that are down ----------------------------------------------------------------------------


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    _breaker.reset()


def test_a_server_that_is_not_there_is_asked_once(nobody: str) -> None:
    assert took(nobody, UnreachableError, 5) < 1
    assert took(nobody, RecentlyUnreachableError, 5) < 0.1


@pytest.mark.parametrize(
    "server",
    ["http://does-not-exist.invalid", "nonsense", "http://", "http://127.0.0.1:99999", "ftp://x"],
)
def test_addresses_that_lead_nowhere(server: str) -> None:
    try:
        with pytest.raises(UnreachableError):
            get(server)
    finally:
        _breaker.reset()


def test_a_certificate_that_is_none(bureau: FakeBureau) -> None:
    with pytest.raises((UnreachableError, DisconnectedError)):
        get(bureau.url.replace("http://", "https://"))


def test_a_server_that_was_too_slow_is_left_alone_for_a_while(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau.always = Reply(200, {}, b"a,b\n", delay=60)
    took(bureau.url, DeadlineError, 0.2)
    bureau.always = GOOD
    with pytest.raises(RecentlyUnreachableError, match="5 minute"):
        get(bureau.url)
    assert len(bureau.requests) == 1
    # Other servers are not concerned, and the pause ends.
    with FakeBureau() as other:
        other.always = GOOD
        assert get(other.url).status == 200
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 301)
    _breaker.check(bureau.url)
    monkeypatch.undo()
    _breaker.trip(bureau.url)
    _breaker.reset(bureau.url)
    _breaker.check(bureau.url)


def test_a_file_that_is_not_there_says_nothing_of_the_server(bureau: FakeBureau) -> None:
    bureau.script.extend([Reply(404), Reply(200, {}, b"", content_length=9), GOOD])
    with pytest.raises(Exception, match="no table of this name"):
        get(bureau.url)
    assert get(bureau.url).body == GOOD.body


# The key ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        Reply(503),
        Reply(404),
        Reply(hang_up=True),
        Reply(200, {}, b"a", content_length=50),
        Reply(200, {"Content-Encoding": "gzip"}, b"not gzip"),
        Reply(200, {}, b"a,b\n", delay=60),
    ],
    ids=["good", "503", "404", "hung up", "cut", "garbled", "slow"],
)
def test_the_key_goes_out_and_shows_nowhere(
    bureau: FakeBureau, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    bureau.always = reply
    told = ""
    with caplog.at_level(logging.DEBUG):
        try:
            told = repr(get(bureau.url, key=ApiKey(KEY), seconds=0.5))
        except RuntimeError as error:
            chain: list[BaseException | None] = [error, error.__context__, error.__cause__]
            told = " ".join(f"{link!r} {link}" for link in chain)
    assert bureau.requests[0].query == {"get": "X", "for": "county:*", "key": KEY}
    assert KEY not in told
    assert KEY not in caplog.text
    request = Request(bureau.url, "/file.csv", "t", {"get": "X", "for": "county:*"}, ApiKey(KEY))
    assert request.public_url == f"{bureau.url}/file.csv?get=X&for=county:*"
    assert KEY not in repr(request)


def test_unreachable_servers_do_not_make_the_key_show(
    nobody: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(UnreachableError) as caught:
        get(nobody, key=ApiKey(KEY))
    assert KEY not in f"{caught.value!r} {caplog.text}"
    assert caught.value.__context__ is None


def test_the_http_librarys_log_is_only_silent_for_our_requests(
    bureau: FakeBureau, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = logging.getLogger("urllib3.connectionpool")
    told = bureau.answer

    def meanwhile(path: str, query: dict[str, str]) -> Reply:
        # In the thread of the server, while the request is under way.
        library.debug("somebody else")
        return told(path, query)

    monkeypatch.setattr(bureau, "answer", meanwhile)
    bureau.always = GOOD
    with caplog.at_level(logging.DEBUG):
        get(bureau.url)
        library.debug("and later")
    assert [r.message for r in caplog.records if r.name == library.name] == [
        "somebody else",
        "and later",
    ]
    assert not library.filters
