"""AMI inside TLS.

The reader's thread reads while others send, and OpenSSL forbids two threads in one connection at a time, so
Python's `SSLSocket` will not do. Here the cipher works in memory under a lock, and waiting is done on the
plain socket, outside of it. Reads give all that has come: Asterisk makes a record of each event.

No setting turns the check of the certificate off: without it TLS hides the secret from nobody who can stand
in between. A certificate that signed itself is its own authority (`ca_file`).
"""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from itgrix_core.config.schema_asterisk import TlsSettings
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import BANNER

_RECORDS_BYTES = 64 * 1024


class NoTlsError(OSError):
    """The other side does not speak TLS; the text says what it does instead."""


def make_context(tls: TlsSettings) -> ssl.SSLContext:
    """What the settings say, ready for connections.

    Raises:
        AmiError: a file is missing, or is no certificate or key; the text names setting and file.
    """
    context = ssl.create_default_context()
    # certificates as Asterisk's own ast_tls_cert makes them lack extensions that the strict check wants
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = tls.check_hostname
    if tls.ca_file is not None:
        context = _with_authorities(context, tls.ca_file)
    if tls.certificate_file is not None:
        _identify(context, tls.certificate_file, tls.key_file)
    return context


def _with_authorities(context: ssl.SSLContext, file: Path) -> ssl.SSLContext:
    """The same, with these authorities in place of the system's."""
    alone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    alone.check_hostname, alone.verify_flags = context.check_hostname, context.verify_flags
    try:
        alone.load_verify_locations(file)
    except ssl.SSLError:
        raise AmiError(f"asterisk.*.tls.ca_file: {file} holds no certificate in PEM form") from None
    except OSError as error:
        raise AmiError(f"asterisk.*.tls.ca_file: {file} cannot be read: {error.strerror}") from None
    return alone


def _identify(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    files = f"{certificate} and {key}" if key else str(certificate)
    try:
        # a key with a passphrase would make OpenSSL ask at the terminal
        context.load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError:
        raise AmiError(
            f"asterisk.*.tls.certificate_file: {files} hold no certificate with its unencrypted key (PEM)"
        ) from None
    except OSError as error:
        raise AmiError(f"asterisk.*.tls.certificate_file: {files} cannot be read: {error.strerror}") from None


class TlsSocket:
    """A connected socket with TLS over it; has what a client of AMI needs of a socket.

    Args:
        plain: the connection; it is used only through this from now on.
        context: authorities, our certificate.
        name: whom the certificate has to be for.

    Raises:
        NoTlsError: AMI's banner came in the clear, or nothing within the socket's time-out.
        ssl.SSLError: the other side, or its certificate, is not accepted.
        OSError: the connection ended.
    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, name: str) -> None:
        self._plain = plain
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._cipher = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._shake_hands()

    def _shake_hands(self) -> None:
        while True:
            try:
                self._cipher.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._take()
            except ssl.SSLError:
                self._flush()  # the alert tells the other side why
                raise
            else:
                self._flush()
                return

    def _take(self) -> None:
        """The other side's next part of the handshake."""
        try:
            data = self._plain.recv(_RECORDS_BYTES)
        except TimeoutError:
            raise NoTlsError("it says nothing") from None
        if not data:
            raise NoTlsError("it closes the connection")
        if data.startswith(BANNER[: len(data)]):
            raise NoTlsError("it is AMI in the clear")
        self._incoming.write(data)

    def recv(self, size: int) -> bytes:
        """What has come, up to about `size` bytes; b"" at the end. Waits as the plain socket does."""
        while True:
            with self._lock:
                data = self._read(size)
            self._answer()
            if data is not None:
                return data
            raw = self._plain.recv(size)
            if not raw:
                return b""
            with self._lock:
                self._incoming.write(raw)

    def _read(self, size: int) -> bytes | None:
        """All records that are whole; `None` if none is, b"" at the end (the lock is held)."""
        pieces: list[bytes] = []
        is_over = False
        while sum(map(len, pieces)) < size:
            try:
                piece = self._cipher.read(size)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            if not piece:
                is_over = True
                break
            pieces.append(piece)
        return b"".join(pieces) if pieces or is_over else None

    def sendall(self, data: bytes) -> None:
        """Send all of it. Raises `OSError`."""
        with self._lock:
            self._cipher.write(data)
        self._flush()

    def _flush(self) -> None:
        """Send what the cipher has made. One at a time, so that records keep their order."""
        with self._sending:
            self._send_made()

    def _answer(self) -> None:
        """Send what the cipher made of its own (new keys). The reader waits for nobody who sends."""
        if self._outgoing.pending and self._sending.acquire(blocking=False):
            try:
                self._send_made()
            finally:
                self._sending.release()

    def _send_made(self) -> None:
        with self._lock:
            data = self._outgoing.read()
        if data:
            self._plain.sendall(data)

    def shutdown(self, how: int) -> None:
        """End the connection; whoever waits in it wakes."""
        self._plain.shutdown(how)

    def getpeername(self) -> tuple[str, int]:
        """Address and port of the other side."""
        address: tuple[str, int] = self._plain.getpeername()
        return address

    def fileno(self) -> int:
        """The plain socket's; -1 when closed."""
        return self._plain.fileno()

    def close(self) -> None:
        """Close the plain socket."""
        self._plain.close()
