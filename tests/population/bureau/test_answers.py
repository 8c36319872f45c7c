"""Each form of the Bureau's errors, with the answer as it is known."""

from __future__ import annotations

import pytest
from fake_bureau import HTML, INVALID_KEY_PAGE, KEY, NOT_FOUND_PAGE, TEXT, FakeBureau, Reply

from personatwin_sk.population.bureau import (
    Bureau,
    BureauError,
    HtmlAnswerError,
    InvalidKeyError,
    KeyRefusedError,
    MalformedTableError,
    MissingForError,
    MissingKeyError,
    NoRowsError,
    NotJsonError,
    NotPublishedError,
    QueryFailedError,
    RedirectError,
    RequestRefusedError,
    ServerError,
    TooManyRequestsError,
    TooManyVariablesError,
    TruncatedError,
    UnexpectedStatusError,
    UnknownGeographyError,
    UnknownVariableError,
)

QUERY_FAILED = (
    b"There was an error while running your query.  We've logged the error and we'll correct it "
    b"ASAP.  Sorry for the inconvenience."
)
MISSING_KEY_PAGE = INVALID_KEY_PAGE.replace(b"Invalid Key", b"Missing Key")
KEY_ERROR = {"X-DataWebAPI-KeyError": "1"}
JSON = {"Content-Type": "application/json;charset=utf-8"}
TRIES = 3

FORMS = {
    "302 missing key": (
        Reply(302, KEY_ERROR | {"Location": "https://api.census.gov/data/missing_key.html"}),
        MissingKeyError,
        1,
    ),
    "302 invalid key": (
        Reply(302, KEY_ERROR | {"Location": "https://api.census.gov/data/invalid_key.html"}),
        InvalidKeyError,
        1,
    ),
    "302 to a relative page": (
        Reply(302, KEY_ERROR | {"Location": "/data/invalid_key.html"}),
        InvalidKeyError,
        1,
    ),
    "302 to a page of another name": (
        Reply(302, KEY_ERROR | {"Location": "/data/key.html"}),
        KeyRefusedError,
        1,
    ),
    "302 to anywhere": (Reply(302, {"Location": "https://www.census.gov/"}), RedirectError, 1),
    "200 invalid key": (Reply(200, HTML, INVALID_KEY_PAGE), InvalidKeyError, 1),
    "200 invalid key, no type": (Reply(200, {}, INVALID_KEY_PAGE), InvalidKeyError, 1),
    "200 missing key": (Reply(200, HTML, MISSING_KEY_PAGE), MissingKeyError, 1),
    "204": (Reply(204), NoRowsError, 1),
    "400 variable": (
        Reply(400, TEXT, b"error: unknown variable 'B01001_001E'"),
        UnknownVariableError,
        1,
    ),
    "400 geography": (
        Reply(400, TEXT, b"error: unknown/unsupported geography hierarchy"),
        UnknownGeographyError,
        1,
    ),
    "400 geography, older": (
        Reply(400, TEXT, b"error: unknown/unsupported geography heirarchy"),
        UnknownGeographyError,
        1,
    ),
    "400 too many": (
        Reply(400, TEXT, b"error: 'get' is limited to 50 variables"),
        TooManyVariablesError,
        1,
    ),
    "400 missing for": (Reply(400, TEXT, b"error: missing 'for' argument"), MissingForError, 1),
    "400 other": (Reply(400, TEXT, b"error: CSV not allowed"), RequestRefusedError, 1),
    "400 page": (Reply(400, HTML, b"<html><h1>Bad</h1></html>"), RequestRefusedError, 1),
    "404": (Reply(404, HTML, NOT_FOUND_PAGE), NotPublishedError, 1),
    "403": (Reply(403, HTML, b"<html>Forbidden</html>"), UnexpectedStatusError, 1),
    "429": (Reply(429), TooManyRequestsError, TRIES),
    "500": (Reply(500, HTML, b"<html>oops</html>"), ServerError, TRIES),
    "502": (Reply(502), ServerError, TRIES),
    "503": (Reply(503), ServerError, TRIES),
    "query failed, 200": (Reply(200, TEXT, QUERY_FAILED), QueryFailedError, TRIES),
    "query failed, 500": (Reply(500, TEXT, QUERY_FAILED), QueryFailedError, TRIES),
    "query failed, html": (
        Reply(200, HTML, b"<html><body>" + QUERY_FAILED + b"</body></html>"),
        QueryFailedError,
        TRIES,
    ),
    "200 page": (Reply(200, HTML, b"<html>Request Rejected</html>"), HtmlAnswerError, 1),
    "200 page as json": (Reply(200, JSON, b"\r\n<!DOCTYPE html><p>no"), HtmlAnswerError, 1),
    "200 not json": (Reply(200, JSON, b"Service is being restarted"), NotJsonError, 1),
    "200 nothing": (Reply(200, JSON, b""), NotJsonError, 1),
    "200 json cut": (Reply(200, JSON, b'[["B01001_001E","state"],["1'), NotJsonError, 1),
    "200 other json": (Reply(200, JSON, b'{"error": "no"}'), MalformedTableError, 1),
    "200 not utf-8": (Reply(200, JSON, b"\xff\xfe["), NotJsonError, 1),
    "200 shorter than announced": (
        Reply(200, JSON, b'[["B01001_001E"', content_length=99),
        TruncatedError,
        TRIES,
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_of_error_has_its_class(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    reply, error, n_requests = FORMS[name]
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    bureau.always = reply
    client = Bureau()
    with pytest.raises(BureauError) as caught:
        client.county_tables(44, source="api")
    assert type(caught.value) is error
    assert "acs/acs5" in str(caught.value)
    assert len(bureau.requests) == n_requests
    assert not client.cached()
    # Neither the key, nor where, nor which state.
    for secret in (KEY, bureau.url, "44"):
        assert secret not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_all_forms_differ() -> None:
    ours = {error for _, error, _ in FORMS.values()}
    assert len(ours) >= 17
    assert all(issubclass(error, BureauError) for error in ours)


@pytest.mark.parametrize("name", [name for name in FORMS if FORMS[name][2] == TRIES])
def test_transient_forms_pass(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    reply, _, _ = FORMS[name]
    bureau.script.extend([reply, reply, Reply(204)])
    with pytest.raises(NoRowsError):
        Bureau().county_tables(44, source="api")
    assert len(bureau.requests) == TRIES


def test_messages_name_a_variable_only_if_it_was_asked_for(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    client = Bureau()
    bureau.always = Reply(400, TEXT, b"error: unknown variable 'B01001_001E'")
    with pytest.raises(UnknownVariableError, match=r"variable B01001_001E$"):
        client.county_tables(44, source="api")
    bureau.always = Reply(400, TEXT, f"error: unknown variable '{KEY}'".encode())
    with pytest.raises(UnknownVariableError, match=r"variable$"):
        client.county_tables(44, source="api")


def test_without_a_key_nothing_is_asked(bureau: FakeBureau) -> None:
    client = Bureau()
    assert not client.has_key
    with pytest.raises(MissingKeyError, match=r"key_signup\.html and set CENSUS_API_KEY"):
        client.county_tables(44, source="api")
    assert not bureau.requests


def test_a_key_that_was_refused_is_not_shown_again(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", "of-somebody-else")
    client = Bureau()
    for state in (44, 10, 15):
        with pytest.raises(InvalidKeyError, match="does not know the key"):
            client.county_tables(state, source="api")
    assert len(bureau.requests) == 1
