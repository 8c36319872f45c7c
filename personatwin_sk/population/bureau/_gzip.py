"""Inflating what comes compressed, up to a limit."""

from __future__ import annotations

import zlib

from personatwin_sk.population.bureau._errors import TooLargeError, TruncatedError

MAGIC = b"\x1f\x8b"
"""The first bytes of anything gzipped."""

_GZIP = 31


def inflate(content: bytes, most: int, what: str) -> bytes:
    """Inflate gzipped bytes.

    Parameters
    ----------
    content : bytes
        What `gzip` wrote.
    most : int
        Number of bytes beyond which nothing is inflated.
    what : str
        Name of the table, for messages.

    Returns
    -------
    bytes

    Raises
    ------
    TruncatedError
        If it is damaged or breaks off: HTTP libraries let pass what breaks off.
    TooLargeError
        If it inflates to more.

    Examples
    --------
    >>> import gzip
    >>> from personatwin_sk.population.bureau._gzip import inflate
    >>> inflate(gzip.compress(b"a table"), 1000, "t")
    b'a table'
    """
    inflater = zlib.decompressobj(wbits=_GZIP)
    try:
        plain = inflater.decompress(content, most)
    except zlib.error as error:
        raise TruncatedError(f"{what}: what was compressed is damaged") from error
    if inflater.unconsumed_tail:
        raise TooLargeError(f"{what}: the answer is larger than {most >> 20} MiB")
    if not inflater.eof:
        raise TruncatedError(f"{what}: what was compressed breaks off")
    return plain
