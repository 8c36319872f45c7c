"""The API key, held so that it does not show."""

from __future__ import annotations

import os

from personatwin_sk.exceptions import InputError

_VARIABLES = ("CENSUS_API_KEY", "US_CENSUS_API_KEY")


class ApiKey:
    """A key of the Census Bureau's API, or none.

    No representation shows it, and a pickle does not hold it: unpickled, it is read from the
    environment again.

    Parameters
    ----------
    key : str, optional
        None = the environment variable CENSUS_API_KEY, else US_CENSUS_API_KEY.

    Raises
    ------
    InputError
        If `key` is no text.

    Examples
    --------
    >>> from personatwin_sk.population.bureau._key import ApiKey
    >>> ApiKey("not-for-you")
    ApiKey(given)
    """

    __slots__ = ("_text",)

    def __init__(self, key: str | None = None) -> None:
        text = key
        if text is None:
            found = (os.environ.get(name, "").strip() for name in _VARIABLES)
            text = next((value for value in found if value), "")
        if not isinstance(text, str):
            raise InputError("api_key must be text")
        self._text = text.strip()

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return f"ApiKey({'given' if self._text else 'none'})"

    def __reduce__(self) -> tuple[type[ApiKey], tuple[()]]:
        return ApiKey, ()

    def __copy__(self) -> ApiKey:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> ApiKey:
        return self

    def reveal(self) -> str:
        """Return the key itself, for the one request that needs it.

        Returns
        -------
        str
            Empty if there is none.
        """
        return self._text
