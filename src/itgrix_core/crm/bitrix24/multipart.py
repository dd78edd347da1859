"""A file as the one part of a multipart body that is read from the disk while it is sent.

`requests` would build the whole body in memory; an hour's talk has sixty megabytes.
"""

from __future__ import annotations

import os
import re
import uuid
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self


class FilePart:
    """A body with a length, open until the end of its context.

    Args:
        field: the part's name.
        name: the file's name as it is told.

    Raises:
        OSError: the file cannot be read.
    """

    def __init__(self, field: str, name: str, path: Path) -> None:
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field)}"; '
        head += f'filename="{_quoted(name)}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        self._file = path.open("rb")
        size = os.fstat(self._file.fileno()).st_size
        self._parts = [BytesIO(head.encode()), self._file, BytesIO(f"\r\n--{boundary}--\r\n".encode())]
        self._length = len(head.encode()) + size + len(f"\r\n--{boundary}--\r\n")
        self.content_type = f"multipart/form-data; boundary={boundary}"

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many; b"" at the end."""
        wanted = self._length if size < 0 else size
        got = b""
        while self._parts and len(got) < wanted:
            piece = self._parts[0].read(wanted - len(got))
            if not piece:
                del self._parts[0]
            got += piece
        return got

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _quoted(text: str) -> str:
    """A name that cannot end its own header: browsers write quotes and line ends so, too."""
    text = re.sub(r"[\x00-\x1f\x7f]", lambda found: f"%{ord(found[0]):02X}", text)
    return text.replace('"', "%22")
