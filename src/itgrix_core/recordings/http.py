"""Recordings on another machine's web server.

Files are asked for by name; there is no list of them, so patterns find nothing here. A login page where a
file should be is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from math import inf
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from itgrix_core.config.schema_recordings import HttpSettings
from itgrix_core.recordings.source import Seen, SourceError, is_pattern, parts_of

TIMEOUT_SECONDS: Final = (10.0, 30.0)
_NO_FILE: Final = frozenset({400, 404, 410})
_PIECE_BYTES: Final = 1 << 16


class HttpSource:
    """`Source` on a web server.

    Args:
        settings: address and credentials.
        where: their place in the configuration, for sentences.
    """

    def __init__(self, settings: HttpSettings, where: str) -> None:
        self._base = settings.url.rstrip("/")
        self._where = where
        self._session = requests.Session()
        self._verify: bool | str = str(settings.ca_file) if settings.ca_file else True
        if settings.username:
            self._session.auth = (settings.username, settings.password.get_secret_value())

    def look(self, names: Sequence[str]) -> Seen | None:
        """As `Source.look`, without patterns."""
        for name in names:
            parts = parts_of(name)
            if parts is None or any(map(is_pattern, parts)):
                continue
            url = f"{self._base}/{quote('/'.join(parts))}"
            with self._asked("HEAD", url) as response:
                if response is not None:
                    return _seen(url, response)
        return None

    def bring(self, seen: Seen, folder: Path) -> Path:
        """As `Source.bring`."""
        target = folder / PurePosixPath(unquote(urlsplit(seen.place).path)).name
        part = target.with_name(f"{target.name}.part")
        with self._asked("GET", seen.place) as response:
            if response is None:
                raise SourceError(f"{seen.place}: is not there any more")
            with part.open("wb") as file:
                for piece in response.iter_content(_PIECE_BYTES):
                    file.write(piece)
        if seen.size not in {-1, part.stat().st_size}:
            raise SourceError(f"{seen.place}: came with another length than it was told with")
        return part.replace(target)

    def probe(self) -> str:
        """As `Source.probe`."""
        with self._asked("HEAD", f"{self._base}/", may_refuse=True):
            return f"{self._base} answers"

    def close(self) -> None:
        """As `Source.close`."""
        self._session.close()

    @contextmanager
    def _asked(
        self, method: str, url: str, *, may_refuse: bool = False
    ) -> Iterator[requests.Response | None]:
        """The answer with a file, `None` for none; `SourceError` for the rest, also while it is read."""
        try:
            response = self._session.request(
                method,
                url,
                stream=True,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                verify=self._verify,
                headers={"Accept-Encoding": "identity"},
            )
            with response:
                yield self._judged(url, response, may_refuse)
        except (requests.RequestException, HTTPError) as error:
            reason = type(error).__name__
            raise SourceError(f"{url}: cannot be had ({reason}); see {self._where}") from None

    def _judged(self, url: str, response: requests.Response, may_refuse: bool) -> requests.Response | None:
        """`may_refuse`: a folder whose list is not for us is a folder all the same."""
        status = response.status_code
        if status == requests.codes.forbidden and may_refuse:
            return None
        if status in {401, 403}:
            raise SourceError(f"{url}: refuses us (HTTP {status}); see {self._where}.username and password")
        is_folder = response.is_redirect and response.headers["Location"].endswith("/")
        if status in _NO_FILE or is_folder:
            return None
        if status != requests.codes.ok:
            raise SourceError(f"{url}: HTTP {status}; see {self._where}.url")
        is_page = response.headers.get("Content-Type", "").startswith("text/")
        return None if is_page else response


def _seen(url: str, response: requests.Response) -> Seen:
    """Size and time as the server tells them; -1 and never where it does not."""
    length = response.headers.get("Content-Length", "")
    try:
        changed_at = parsedate_to_datetime(response.headers["Last-Modified"]).timestamp()
    except (KeyError, ValueError, TypeError):
        changed_at = inf
    return Seen(url, int(length) if length.isdigit() else -1, changed_at)
