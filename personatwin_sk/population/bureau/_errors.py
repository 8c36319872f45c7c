"""What can go wrong when the Census Bureau is asked for a table: a class for each form.

No message holds an address, an API key or a state: an address would hold the key, and the states
that are asked for come from somebody's data.
"""

from __future__ import annotations

from typing import ClassVar


class BureauError(RuntimeError):
    """A table of the Census Bureau is not to be had.

    Attributes
    ----------
    transient : bool
        Whether the same request may well be answered a moment later.
    server_down : bool
        Whether further requests to the same server are likely to end the same way.

    Examples
    --------
    >>> from personatwin_sk.population.bureau import BureauError, ServerError
    >>> issubclass(ServerError, BureauError), ServerError.transient
    (True, True)
    """

    transient: ClassVar[bool] = False
    server_down: ClassVar[bool] = False


# Nothing was asked ------------------------------------------------------------------------------


class OfflineError(BureauError):
    """Nothing is to be fetched: the environment variable PERSONATWIN_OFFLINE says so."""


class NotCachedError(BureauError):
    """The cache does not hold the table, and only the cache was to be used."""


class RecentlyUnreachableError(BureauError):
    """The server did not answer some minutes ago, and is left alone for a while."""

    server_down = True


# No answer --------------------------------------------------------------------------------------


class UnreachableError(BureauError):
    """The server was not found, refused the connection, or has no valid certificate."""

    server_down = True


class DeadlineError(BureauError):
    """The time allowed was up before the whole answer was there."""

    server_down = True


class DisconnectedError(BureauError):
    """The server accepted the connection and broke it off without an answer."""

    transient = True
    server_down = True


class TruncatedError(BureauError):
    """The connection broke off in the middle of the answer, or it is shorter than announced."""

    transient = True


class TooLargeError(BureauError):
    """The answer is larger than any table of the Bureau."""


# The API key ------------------------------------------------------------------------------------


class KeyRefusedError(BureauError):
    """The Bureau's API does not accept the request for the sake of its key."""


class MissingKeyError(KeyRefusedError):
    """The Bureau's API requires a key, and there is none."""


class InvalidKeyError(KeyRefusedError):
    """The Bureau's API does not know the key."""


# A refusal --------------------------------------------------------------------------------------


class NoRowsError(BureauError):
    """The table exists, but has no rows for these areas in this vintage (status 204)."""


class RequestRefusedError(BureauError):
    """The API cannot make sense of the request (status 400)."""


class UnknownVariableError(RequestRefusedError):
    """The API does not know a variable."""


class UnknownGeographyError(RequestRefusedError):
    """The API does not have the table for this kind of area."""


class TooManyVariablesError(RequestRefusedError):
    """More than 50 variables were asked for in one request."""


class MissingForError(RequestRefusedError):
    """The request does not say for which areas."""


class NotPublishedError(BureauError):
    """The Bureau has no table of this name and vintage (status 404)."""


class UnexpectedStatusError(BureauError):
    """The server answered with a status that it has no reason to give."""


class RedirectError(BureauError):
    """The server sends the request elsewhere; it is not followed there."""


class ServerError(BureauError):
    """The server is out of order (status 5xx)."""

    transient = True
    server_down = True


class TooManyRequestsError(BureauError):
    """The server asks for fewer requests (status 429)."""

    transient = True
    server_down = True


class QueryFailedError(BureauError):
    """The API says that there was an error while running the query."""

    transient = True


# An answer that is of no use ----------------------------------------------------------------------


class HtmlAnswerError(BureauError):
    """The answer is a web page where a table was to be."""


class NotJsonError(BureauError):
    """The API's answer cannot be read as JSON."""


class MalformedTableError(BureauError):
    """The table is not laid out as the Bureau does, is incomplete, or does not add up."""
