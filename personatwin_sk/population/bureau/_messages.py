"""What is asked of a server, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from personatwin_sk.population.bureau._key import ApiKey


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Parameters
    ----------
    status : int
        HTTP status.
    headers : mapping of str to str
        By name in lower case.
    body : bytes
        Content, without compression in transit.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def is_html(self) -> bool:
        """Tell whether the answer is a web page, by what it says or what it looks like.

        Returns
        -------
        bool
        """
        start = self.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return "html" in self.headers.get("content-type", "") or start.startswith(
            (b"<!doctype", b"<html", b"<head", b"<title", b"<?xml")
        )


@dataclass(frozen=True)
class Request:
    """What to ask of a server.

    Parameters
    ----------
    server : str
        Base address.
    path : str
        Path below it, with a slash in front.
    what : str
        The table's name, for messages.
    params : mapping of str to str
        Query without the key.
    key : ApiKey, optional
        Goes out as a parameter of the query; None = none.
    """

    server: str
    path: str
    what: str
    params: Mapping[str, str] = field(default_factory=dict)
    key: ApiKey | None = None

    @property
    def public_url(self) -> str:
        """The address without the key."""
        query = urlencode(self.params, safe=":*,")
        return f"{self.server}{self.path}" + (f"?{query}" if query else "")

    def secret_url(self) -> str:
        """Return the address with the key, for nothing but the request itself.

        Returns
        -------
        str
        """
        if self.key is None:
            return self.public_url
        return f"{self.public_url}&{urlencode({'key': self.key.reveal()})}"
