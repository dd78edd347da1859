"""What `requests` and urllib3 do beneath the client: the session, and what their exceptions mean.

Connections are kept, cookies are not (PHP would queue our parallel requests behind one session). urllib3's
exceptions and log lines hold the whole address: nothing of their text is used, and the log is filtered.
"""

from __future__ import annotations

import logging
import re
import ssl
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

_CONNECTIONS = 16


def session_of(portal: str, ca_file: Path | None = None, proxy: str = "") -> requests.Session:
    """A session with room for our threads, without cookies.

    The environment's proxies and authorities count where the settings name none; for this machine (http://)
    there is no proxy. Whoever sends passes `verify=session.verify`, as the environment wins over a session.
    """
    _keep_codes_out_of_logs()
    session = requests.Session()
    session.trust_env = not (portal.startswith("http://") or proxy)
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    if ca_file is not None:
        session.verify = str(ca_file)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS))
    return session


def was_not_sent(error: BaseException) -> bool:
    """Whether no connection came about, so that nothing was executed."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def was_cut(error: BaseException) -> bool:
    """Whether the connection broke under the request (a kept one may have been closed meanwhile)."""
    is_cut = isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError)
    is_late = isinstance(error, requests.Timeout) or (
        error.args and isinstance(error.args[0], ReadTimeoutError)
    )
    return is_cut and not is_late and not isinstance(error, requests.exceptions.SSLError)


def is_certificate(error: BaseException) -> bool:
    """Whether TLS failed because we do not trust the portal's certificate: before anything was sent."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    inner = reason.args[0] if isinstance(reason, Exception) and reason.args else reason
    return isinstance(inner, ssl.SSLCertVerificationError)


def is_proxy(error: BaseException) -> bool:
    """Whether the proxy could not be reached, or refused to lead on."""
    return isinstance(error, requests.exceptions.ProxyError)


class _CodeFilter(logging.Filter):
    """urllib3 logs the path of each request at debug level: wipe codes, tokens and our secret out of it."""

    _CODE = re.compile(r"/rest/(\d+)/[^/\s\"]+/")
    _QUERY = re.compile(r"(/oauth/token/?\?)[^\s\"]+")

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, without the code."""
        text = self._CODE.sub(r"/rest/\1/***/", record.getMessage())
        record.msg, record.args = self._QUERY.sub(r"\1***", text), ()
        return True


def _keep_codes_out_of_logs() -> None:
    """Put the filter onto the loggers that see addresses, once."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, _CodeFilter) for each in logger.filters):
            logger.addFilter(_CodeFilter())
