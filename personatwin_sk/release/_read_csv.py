"""The steps from a CSV file to a checked table. Every complaint is one line, and counts."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import zlib
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import BinaryIO

import numpy as np
import pandas as pd

from personatwin_sk._core.labels import Interval, parse_label
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.release._ages_from_births import BIRTH
from personatwin_sk.release._column_names import likely_names

Source = str | os.PathLike[str] | BinaryIO

IDS = ("person_id", "event_id")
_TRAITS = ("age", "gender", "ethnicity", "geography")
STANDARD = ("person_id", *_TRAITS, "event_id", "date", "event_type", "outcome")
# What a file's columns can be mapped to: ages are made of dates of birth.
MAPPABLE = (*STANDARD, BIRTH)
_OLDEST_AGE = 120
# Texts that say "nothing here". In ids only an empty field does: "NA" may be somebody's initials.
_NULL_TEXTS = ["", "NA", "N/A", "n/a", "<NA>", "#N/A", "NULL", "null", "NaN", "nan", "None", "NaT"]
_GZIP_MAGIC = b"\x1f\x8b"
# No more digits than a double holds exactly.
_NUMBER = r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,14})?"
# A column of such a name holds names of things that look like numbers, not amounts.
_CODE_NAME = re.compile(
    r"zip|postal|postcode|fips|geoid|tract|code|docket|phone|account|license|number(?!_of)"
    r"|(?:^|[^a-z])(?:ids?|num|no|ssn|fax|mrn|vin|badge)(?:$|[^a-z])"
)
_NOT_CSV = "{} is not a CSV file: a field never ends; look for a quotation mark left open"


def read_content(path: Source) -> tuple[str, bytes]:
    """Return what to call the file in messages, and what is in it, gzipped or not."""
    if isinstance(path, str | os.PathLike):
        name = os.fspath(path)
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror}") from error
    else:
        name, content = "the input", path.read()
    if content[:2] == _GZIP_MAGIC:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name} is gzipped but damaged or cut off") from error
    return name, content


def read_text(name: str, content: bytes) -> str:
    """Return the text of a file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name} is not UTF-8 (first at byte {error.start}, line {line}); "
            "save it as UTF-8 and try again"
        ) from None
    if "\0" in text:
        raise InputError(f"{name} is not a text file; save it as CSV in UTF-8 and try again")
    return text


def read_header(name: str, text: str) -> list[str]:
    """Return the column names; refuse a file whose rows do not all fit them."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [column.strip() for column in next(filter(None, reader), [])]
        n_fields = Counter(map(len, reader))
    except csv.Error:
        raise InputError(_NOT_CSV.format(name)) from None
    if not any(header):
        raise InputError(f"{name} is empty; it needs a header and at least one row")
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        raise InputError(f"{name} is not separated by commas; save it with commas and try again")
    # Blank lines are no rows.
    n_fields.pop(0, None)
    n_rows = n_fields.total()
    if not n_rows:
        raise InputError(f"{name} has a header but no rows")
    ragged = n_rows - n_fields[len(header)]
    if ragged:
        raise InputError(
            f"{ragged} of {n_rows} rows of {name} have more or fewer fields than the header, which "
            f"has {len(header)}; a comma inside a value needs quotation marks around the value"
        )
    return [column or f"Unnamed: {position}" for position, column in enumerate(header)]


def our_names(
    header: Sequence[str], columns: Mapping[str, str], *, optional: bool = False
) -> list[str]:
    """Return the header with the mapped columns called by our names.

    `optional`: what is mapped need not be there.
    """
    unknown = [ours for ours in columns if ours not in MAPPABLE]
    if unknown:
        raise InputError(
            f"columns maps {', '.join(map(repr, unknown))}, which is not a column of ours; "
            f"ours are {', '.join(MAPPABLE)}"
        )
    missing = [theirs for theirs in columns.values() if theirs not in header]
    if missing and not optional:
        raise ColumnNotFoundError(
            f"columns names {', '.join(map(repr, missing))}, which the file does not have"
        )
    twice = [theirs for theirs, count in Counter(columns.values()).items() if count > 1]
    if twice:
        raise InputError(f"columns maps {', '.join(map(repr, twice))} to several columns of ours")
    ours = {theirs: name for name, theirs in columns.items()}
    names = [ours.get(column, column) for column in header]
    repeated = [column for column, count in Counter(names).items() if count > 1]
    if repeated:
        # In a file without a header, what stands in its place is a person: say no more than ours.
        shown = [repr(column) for column in repeated if column in STANDARD]
        raise InputError(
            f"{len(repeated)} column names appear more than once"
            f"{' (' + ', '.join(shown) + ')' if shown else ''}; rename or drop the others"
        )
    return names


def parse(name: str, text: str, names: Sequence[str]) -> pd.DataFrame:
    """Read the rows as text, under the given names."""
    null_texts = {column: [""] if column in IDS else _NULL_TEXTS for column in names}
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            header=0,
            names=list(names),
            index_col=False,
            dtype=str,
            keep_default_na=False,
            na_values=null_texts,
        )
    except pd.errors.ParserError:
        raise InputError(_NOT_CSV.format(name)) from None
    for column in frame.columns:
        # A null is not blank, and comes out of the comparison as false.
        blank = (frame[column].str.strip() == "").to_numpy(dtype=bool, na_value=False)
        if blank.any():
            frame[column] = frame[column].mask(blank)
    return frame


def require_columns(frame: pd.DataFrame) -> None:
    """Refuse a table that lacks what a release needs."""
    hint = "; say what the file calls it by columns={'ours': 'theirs'} (--map ours=theirs)"
    hint += _likely(frame.columns)
    if "person_id" not in frame:
        raise ColumnNotFoundError("the column 'person_id' is missing" + hint)
    if not any(trait in frame for trait in (*_TRAITS, BIRTH)):
        raise ColumnNotFoundError(
            f"at least one of the columns {', '.join(_TRAITS)} is needed, and none is there" + hint
        )
    present = [column for column in MAPPABLE if column in frame]
    empty = [repr(column) for column in present if frame[column].isna().all()]
    if empty:
        raise InputError(f"{', '.join(empty)} holds nothing but nulls; fill it in or drop it")
    n_null = int(frame["person_id"].isna().sum())
    if n_null:
        raise InputError(
            f"{n_null} of {len(frame)} values of 'person_id' are null; every row needs a person"
        )


def _likely(names: Iterable[Hashable]) -> str:
    """Name columns that may be ours; only such as are called by a word of a list, not a value."""
    likely = likely_names(names)
    told = ", ".join(f"{ours}={theirs}" for ours, theirs in likely.items())
    return f"; by their names these may be meant: {told}" if told else ""


def read_ages(texts: pd.Series) -> pd.Series:
    """Return whole numbers, or the texts as they are if there are bands among them."""
    codes, values = pd.factorize(texts)
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(dtype=float)
    whole = np.isfinite(numbers) & (numbers == np.round(numbers))
    bands = [
        parse_label(str(value).strip()) if not is_whole else None
        for value, is_whole in zip(values, whole, strict=True)
    ]
    is_band = np.array([isinstance(band, Interval) for band in bands], dtype=bool)
    low, high = numbers.copy(), numbers.copy()
    low[is_band] = [band.low for band in bands if isinstance(band, Interval)]
    high[is_band] = [band.high for band in bands if isinstance(band, Interval)]
    strange = int(counts[~whole & ~is_band].sum())
    if strange:
        raise InputError(
            f"{strange} of {counts.sum()} values of 'age' are neither whole years nor bands such "
            "as 30-39 or 85+"
        )
    # An open end is as old as people get.
    too_old = (low > _OLDEST_AGE) | (np.isfinite(high) & (high > _OLDEST_AGE))
    outside = int(counts[(low < 0) | too_old].sum())
    if outside:
        raise InputError(
            f"{outside} of {counts.sum()} values of 'age' are outside 0 to {_OLDEST_AGE}"
        )
    if is_band.any():
        return texts
    return _spread(numbers.astype(np.int64), codes, texts.index)


def is_code_name(name: object) -> bool:
    """Tell whether a column's name says that it holds codes.

    Examples
    --------
    >>> [is_code_name(name) for name in ("ZipCode", "badge", "number_of_children")]
    [True, True, False]
    """
    return _CODE_NAME.search(str(name).casefold()) is not None


def numbers_if_amounts(texts: pd.Series) -> pd.Series:
    """Return numbers where all values are written as amounts are, else the texts."""
    if is_code_name(texts.name) or texts.isna().all():
        return texts
    codes, values = pd.factorize(texts)
    if not all(re.fullmatch(_NUMBER, str(value)) for value in values):
        return texts
    numbers = pd.to_numeric(pd.Series(values, dtype=object)).to_numpy()
    return _spread(numbers, codes, texts.index)


def _spread(numbers: np.ndarray, codes: np.ndarray, index: pd.Index) -> pd.Series:
    """Return the number of each code, null where the code is -1; integers stay integers."""
    missing = codes < 0
    rows = pd.Series(numbers[np.where(missing, 0, codes)], index=index)
    if not missing.any():
        return rows
    return rows.astype("Int64" if rows.dtype.kind == "i" else float).mask(missing)
