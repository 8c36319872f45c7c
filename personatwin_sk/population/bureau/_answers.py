"""Telling the Bureau's answers apart: good ones, and each form of error.

The forms are those that the API shows (its user guide, and reports to the maintainers of its
clients). Where they answer the same thing differently over the years, all spellings are known.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from personatwin_sk.population.bureau._errors import (
    BureauError,
    HtmlAnswerError,
    InvalidKeyError,
    KeyRefusedError,
    MissingForError,
    MissingKeyError,
    NoRowsError,
    NotPublishedError,
    QueryFailedError,
    RedirectError,
    RequestRefusedError,
    ServerError,
    TooManyRequestsError,
    TooManyVariablesError,
    UnexpectedStatusError,
    UnknownGeographyError,
    UnknownVariableError,
)
from personatwin_sk.population.bureau._messages import Answer

SIGN_UP = "https://api.census.gov/data/key_signup.html"
_UNKNOWN_VARIABLE = re.compile(rb"unknown variable '([A-Za-z0-9_]+)'")
# Older servers spell it "heirarchy".
_UNKNOWN_GEOGRAPHY = re.compile(rb"(unknown|unsupported) geography h(ie|ei)rarchy")
_QUERY_FAILED = b"there was an error while running your query"
_TITLE = re.compile(rb"<title>\s*(missing|invalid) key\s*</title>", re.IGNORECASE)


def judge_file(answer: Answer, what: str) -> BureauError | None:
    """Say what is wrong with the answer of the file server.

    Parameters
    ----------
    answer : Answer
        What it answered.
    what : str
        Name of the table, for messages.

    Returns
    -------
    BureauError or None
        None if it seems to be a file; whether it is the right one shows when it is read.
    """
    if answer.status == 200:
        if answer.is_html():
            return HtmlAnswerError(f"{what}: the server sent a web page instead of the file")
        return None
    return _judge_status(answer.status, what)


def judge_api(answer: Answer, what: str, variables: Collection[str]) -> BureauError | None:
    """Say what is wrong with the answer of the API.

    Parameters
    ----------
    answer : Answer
        What it answered.
    what : str
        Name of the table, for messages.
    variables : collection of str
        What was asked for: a message names a variable only if it is among these.

    Returns
    -------
    BureauError or None
        None if it seems to be a table.

    Examples
    --------
    >>> from personatwin_sk.population.bureau._answers import judge_api
    >>> from personatwin_sk.population.bureau._messages import Answer
    >>> type(judge_api(Answer(204, {}, b""), "acs/acs5", ())).__name__
    'NoRowsError'
    """
    start = answer.body[:4096]
    refused = _judge_key(answer, start, what)
    if refused is not None:
        return refused
    if _QUERY_FAILED in start.lower():
        return QueryFailedError(f"{what}: the API reports an error while running the query")
    if answer.status == 200:
        if answer.is_html():
            return HtmlAnswerError(f"{what}: the API sent a web page instead of data")
        return None
    if answer.status == 204:
        return NoRowsError(f"{what}: the API has no rows for these areas in this vintage")
    if answer.status == 400:
        return _judge_refusal(start, what, variables)
    return _judge_status(answer.status, what)


def _judge_key(answer: Answer, start: bytes, what: str) -> BureauError | None:
    """Tell whether it is for the key: a redirect to a page that says so, or that page itself."""
    page = ""
    if 300 <= answer.status < 400:
        page = answer.headers.get("location", "").lower()
    elif answer.status < 500:
        title = _TITLE.search(start)
        page = f"{title[1].decode('ascii').lower()}_key.html" if title else ""
    if page.endswith("missing_key.html"):
        return MissingKeyError(
            f"{what}: the API requires a key; get one at {SIGN_UP} and set CENSUS_API_KEY"
        )
    if page.endswith("invalid_key.html"):
        return InvalidKeyError(
            f"{what}: the API does not know the key; compare CENSUS_API_KEY with the e-mail from "
            "the Bureau, or whether the key in it has been activated"
        )
    if "x-datawebapi-keyerror" in answer.headers:
        return KeyRefusedError(f"{what}: the API refuses the request for the sake of its key")
    return None


def _judge_refusal(start: bytes, what: str, variables: Collection[str]) -> BureauError:
    text = start.lower()
    unknown = _UNKNOWN_VARIABLE.search(start)
    if unknown:
        name = unknown[1].decode("ascii")
        told = f" {name}" if name in variables else ""
        return UnknownVariableError(f"{what}: the API does not know the variable{told}")
    if _UNKNOWN_GEOGRAPHY.search(text):
        return UnknownGeographyError(f"{what}: the API does not have it for these areas")
    if b"'get'" in text and b"limited" in text:
        return TooManyVariablesError(
            f"{what}: {len(variables)} variables are more than the API gives at once"
        )
    if b"missing 'for'" in text:
        return MissingForError(f"{what}: the request does not say for which areas")
    return RequestRefusedError(f"{what}: the API cannot make sense of the request (status 400)")


def _judge_status(status: int, what: str) -> BureauError:
    if 300 <= status < 400:
        return RedirectError(f"{what}: the server sends the request elsewhere (status {status})")
    if status == 404:
        return NotPublishedError(f"{what}: the Bureau has no table of this name and vintage")
    if status == 429:
        return TooManyRequestsError(f"{what}: the server asks for fewer requests (status 429)")
    if status >= 500:
        return ServerError(f"{what}: the server is out of order (status {status})")
    return UnexpectedStatusError(f"{what}: the server answered with status {status}")
