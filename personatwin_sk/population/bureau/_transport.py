"""Fetching one address: bounded in time, in size and in the number of attempts.

The time-outs of sockets start anew with each byte, and looking up a name has none: a server that
sends a byte now and then could hold its caller for ever. Each exchange therefore has a thread of
its own, which is waited for until the deadline and no longer.

The address of a request to the API holds the key. It is in no message and no log of ours, and the
HTTP library's own log is kept from telling it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self

import requests
import urllib3

from personatwin_sk._version import __version__
from personatwin_sk.population.bureau import _breaker
from personatwin_sk.population.bureau._errors import (
    BureauError,
    DeadlineError,
    DisconnectedError,
    TooLargeError,
    TruncatedError,
    UnreachableError,
)
from personatwin_sk.population.bureau._gzip import inflate
from personatwin_sk.population.bureau._messages import Answer, Request

logger = logging.getLogger(__name__)

N_ATTEMPTS = 3
"""How often a request is made at most, where another attempt may help."""

BACK_OFF = 0.5
"""Seconds before the second attempt; twice as many before each further one."""

MAX_BYTES = 128 << 20
"""Size of an answer that is refused; the largest file of the Bureau that is read has 15 MB."""

_HEADERS = {
    "User-Agent": f"personatwin_sk/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
}
_FIRST_PIECE = 1 << 9
_LARGEST_PIECE = 1 << 18
_FAST = 0.05


class Transport:
    """A connection to the Bureau for as long as one table takes.

    Parameters
    ----------
    deadline : float
        Moment of `time.monotonic` by which everything must be done.

    Examples
    --------
    >>> import time
    >>> from personatwin_sk.population.bureau._transport import Transport
    >>> with Transport(deadline=time.monotonic() + 10) as transport:
    ...     transport.remaining() > 9
    True
    """

    def __init__(self, *, deadline: float) -> None:
        self.deadline = deadline
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter())
        self._session.headers.clear()
        self._session.headers.update(_HEADERS)
        # Nothing from the user's .netrc, and no cookie, is to go along.
        self._session.auth = _send_as_it_is
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def remaining(self) -> float:
        """Return the seconds left.

        Returns
        -------
        float
            Not below 0.
        """
        return max(0.0, self.deadline - time.monotonic())

    def fetch(self, request: Request, judge: Callable[[Answer], BureauError | None]) -> Answer:
        """Ask, and ask again where that may help, until the deadline.

        Parameters
        ----------
        request : Request
            What to ask for.
        judge : callable
            Given an answer, returns what is wrong with it, or None.

        Returns
        -------
        Answer
            One that `judge` finds nothing wrong with.

        Raises
        ------
        BureauError
            Of the form that fits. Where the server is down, it is left alone for some minutes.
        """
        _breaker.check(request.server)
        for attempt in range(1, N_ATTEMPTS + 1):
            outcome = self._exchange(request)
            if isinstance(outcome, Answer):
                error = judge(outcome)
                if error is None:
                    return outcome
            else:
                error = outcome
            pause = BACK_OFF * 2 ** (attempt - 1)
            logger.info("%s: attempt %d: %s", request.what, attempt, type(error).__name__)
            if not error.transient or attempt == N_ATTEMPTS or pause >= self.remaining():
                if error.server_down:
                    _breaker.trip(request.server)
                raise error
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _exchange(self, request: Request) -> Answer | BureauError:
        late = DeadlineError(f"{request.what}: not all there within the time allowed")
        remaining = self.remaining()
        if not remaining:
            return late
        outcomes: queue.SimpleQueue[Answer | BureauError] = queue.SimpleQueue()
        abandoned = threading.Event()
        worker = threading.Thread(
            target=_converse,
            args=(self._session, request, remaining, abandoned, outcomes),
            name="personatwin-census",
            daemon=True,
        )
        worker.start()
        try:
            return outcomes.get(timeout=remaining)
        except queue.Empty:
            return late
        finally:
            abandoned.set()


class _Adapter(requests.adapters.HTTPAdapter):
    """Connections that are closed when the session is, rather than when nobody knows them."""

    def close(self) -> None:
        """Close them."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in list(manager.pools.keys()):
                manager.pools[key].close()
        super().close()


def _send_as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Secrecy(logging.Filter):
    """Drop what the HTTP library would log in this thread: it tells the address with the key."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread


def _converse(
    session: requests.Session,
    request: Request,
    seconds: float,
    abandoned: threading.Event,
    outcomes: queue.SimpleQueue[Answer | BureauError],
) -> None:
    """Ask once and put the answer, or what went wrong, where it is waited for.

    Errors are made anew rather than passed on, and nothing is raised: the HTTP library's own
    errors hold the address with the key, and so would whatever they are the context of.
    """
    libraries = [logging.getLogger(f"urllib3.{name}") for name in ("connectionpool", "util.retry")]
    secrecy = _Secrecy()
    for library in libraries:
        library.addFilter(secrecy)
    outcome: Answer | BureauError
    began = False
    try:
        with session.get(
            request.secret_url(), stream=True, allow_redirects=False, timeout=seconds
        ) as response:
            began = True
            outcome = _read_answer(response, request.what, abandoned)
    except (TruncatedError, TooLargeError) as error:
        outcome = error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        outcome = _explain(error, request.what, began)
    finally:
        for library in libraries:
            library.removeFilter(secrecy)
    outcomes.put(outcome)


def _read_answer(
    response: requests.Response, what: str, abandoned: threading.Event
) -> Answer | BureauError:
    headers = {name.lower(): value for name, value in response.headers.items()}
    pieces, size, amount = [], 0, _FIRST_PIECE
    while True:
        begin = time.monotonic()
        piece = response.raw.read(amount, decode_content=False)
        if not piece:
            break
        if abandoned.is_set():
            return DeadlineError(f"{what}: given up")
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BYTES:
            return TooLargeError(f"{what}: the answer is larger than {MAX_BYTES >> 20} MiB")
        # A piece is waited for until it is full. While they come slowly they stay small, so that
        # the thread of an answer that nobody waits for any more soon notices.
        if time.monotonic() - begin < _FAST:
            amount = min(2 * amount, _LARGEST_PIECE)
    announced = headers.get("content-length", "")
    # Older versions of the HTTP library do not compare the two.
    if announced.isdigit() and size < int(announced):
        return TruncatedError(f"{what}: the answer is shorter than announced")
    body = b"".join(pieces)
    if headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip"):
        body = inflate(body, MAX_BYTES, what)
    return Answer(response.status_code, headers, body)


def _explain(error: Exception, what: str, began: bool) -> BureauError:
    """Say what went wrong, without the address that the HTTP library's error holds."""
    causes = _causes(error)
    # Asked first: older versions of the HTTP library count a refused connection as a time-out.
    if any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes):
        return UnreachableError(f"{what}: the server cannot be reached")
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if any(isinstance(cause, timeouts) for cause in causes):
        return DeadlineError(f"{what}: no answer within the time allowed")
    if isinstance(error, ValueError):
        return UnreachableError(f"{what}: the server's address is no address")
    if any(isinstance(cause, urllib3.exceptions.MaxRetryError) for cause in causes):
        return UnreachableError(f"{what}: no connection to the server can be made")
    if began:
        return TruncatedError(f"{what}: the connection broke off in the middle of the answer")
    return DisconnectedError(f"{what}: the server broke off the connection")


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it wraps: the HTTP libraries pass their causes as arguments."""
    found: list[BaseException] = [error]
    for cause in found:
        wrapped = [*cause.args, getattr(cause, "reason", None)]
        found += [w for w in wrapped if isinstance(w, BaseException) and w not in found]
    return found
