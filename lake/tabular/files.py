"""A table's file as text: unpacked within bounds, a workbook's sheet as CSV, decoded, lines ended by LF."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.errors import BadInput
from lake.tabular.workbook import sheet_as_csv

LARGEST_BYTES = 1024**3
# Text packs 5 to 50 times; what unpacks to far more than it is, and is not small, is no report.
SMALL_BYTES = 64 * 1024**2
MOST_TIMES = 200
# An archive within an archive is the last that is opened.
DEEPEST = 2
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".gz")
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
GZIP, ZIP, OLD_OFFICE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SAMPLE_BYTES = 4096


def read_text(path: Path, part: str | None = None) -> str:
    """Return the text of a CSV file, of a sheet of a workbook (.xlsx) as CSV, or of a file in .gz or .zip.

    Args:
        path: The file; what it is is told by its bytes, never by its name.
        part: The sheet of the workbook or the file of the archive, where there are several.

    Raises:
        BadInput: it cannot be read, is no text, is too large unpacked, or has several parts, none named.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadInput(f"{path.name} is larger than 1 GiB; split the report by months.")
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); check the name and the rights.") from None
    text = _open(path.name, raw, part, DEEPEST)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _open(file: str, raw: bytes, part: str | None, depth: int) -> str:
    if raw.startswith(OLD_OFFICE):
        raise BadInput(f"{file} is a workbook of the old .xls form; save it as .xlsx or as CSV.")
    if not raw.startswith((GZIP, ZIP)):
        return decode(file, raw)
    if not depth:
        raise BadInput(f"{file} holds archives in archives; unpack it and give the table itself.")
    if raw.startswith(GZIP):
        return _open(file, _gunzip(file, raw), part, depth - 1)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _open_zip(file, raw, archive, part, depth)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise BadInput(f"{file} is a damaged archive; download it again.") from None
    except (RuntimeError, NotImplementedError):  # what zipfile says of passwords and of rare packings
        raise BadInput(f"{file} is locked by a password or packed in a rare way; unpack it first.") from None


def _open_zip(file: str, raw: bytes, archive: zipfile.ZipFile, part: str | None, depth: int) -> str:
    names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    if "xl/workbook.xml" in names:
        refuse_bomb(file, sum(entry.file_size for entry in archive.infolist()), len(raw))
        return sheet_as_csv(file, raw, part)
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise BadInput(f"{file} is a workbook of another form than .xlsx; save it as .xlsx or as CSV.")
    entry = archive.getinfo(_choose(file, names, part))
    refuse_bomb(file, entry.file_size, entry.compress_size)
    return _open(f"{file}/{entry.filename}", archive.read(entry), None, depth - 1)


def _choose(file: str, names: Sequence[str], part: str | None) -> str:
    """Return the one file of an archive that is meant."""
    seen = [name for name in names if not name.startswith(("__MACOSX/", "."))]
    if part is not None:
        named = [name for name in seen if part in (name, PurePosixPath(name).name)]
        if not named:
            raise BadInput(f"{file} holds no {part!r}; it holds {', '.join(seen)[:400]}.")
        return named[0]
    tables = [name for name in seen if name.lower().endswith(TABLES)] or seen
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise BadInput(f"{file} is an empty archive; download it again.")
    raise BadInput(f"{file} holds several tables: {', '.join(tables)[:400]}; say which with --sheet NAME.")


def _gunzip(file: str, raw: bytes) -> bytes:
    most = max(SMALL_BYTES, min(LARGEST_BYTES, len(raw) * MOST_TIMES))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            text = packed.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise BadInput(f"{file} is a damaged archive; download it again.") from None
    refuse_bomb(file, len(text), len(raw))
    return text


def refuse_bomb(file: str, unpacked: int, packed: int) -> None:
    """Raise BadInput where what is packed would be too large to be a report."""
    if unpacked > LARGEST_BYTES or (unpacked > SMALL_BYTES and unpacked > packed * MOST_TIMES):
        raise BadInput(
            f"{file} unpacks to more than a report can be ({unpacked:,} bytes or more); "
            "unpack it yourself and split it by months."
        )


def decode(file: str, raw: bytes) -> str:
    """Return bytes as text: UTF-8, UTF-16, else what spreadsheets save when they do not save UTF-8.

    Raises:
        BadInput: they are no text.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return _decode_as(file, raw, encoding)
    if (wide := _wide_encoding(raw[:SAMPLE_BYTES])) is not None:
        return _decode_as(file, raw, wide)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_as(file, raw, "cp1252")


def _wide_encoding(sample: bytes) -> str | None:
    """Return the UTF-16 that a text without a byte order mark is in, by where its zeros stand."""
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if half and odd > 0.7 * half and not even:
        return "utf-16-le"
    return "utf-16-be" if half and even > 0.7 * half and not odd else None


def _decode_as(file: str, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(f"{file}, line {line}: these bytes are no text; save the report as UTF-8.") from None
