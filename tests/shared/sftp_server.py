"""A real SFTP server on a local port, over a folder; SSH is paramiko's, files are the disk's."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

import paramiko

USERNAME, PASSWORD = "itgrix", "s3cret"


class _Door(paramiko.ServerInterface):
    def __init__(self, keys):
        self._keys = keys

    def check_auth_publickey(self, username, key):
        is_right = username == USERNAME and key in self._keys
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "password,publickey"

    def check_auth_password(self, username, password):
        is_right = (username, password) == (USERNAME, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def __init__(self, path):
        super().__init__(os.O_RDONLY)
        self.readfile = path.open("rb")

    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server, *args, root, asked, **kwargs):
        super().__init__(server, *args, **kwargs)
        self._root, self._asked = root, asked

    def _told(self, what, path, find):
        self._asked.append((what, path))
        try:
            return find(self._root / path.lstrip("/"))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def canonicalize(self, path):
        real = (self._root / path.lstrip("/")).resolve()
        is_inside = real.is_relative_to(self._root)
        return f"/{real.relative_to(self._root)}".removesuffix("/.") if is_inside else str(real)

    def list_folder(self, path):
        def find(folder):
            return [paramiko.SFTPAttributes.from_stat(each.stat(), each.name) for each in folder.iterdir()]

        return self._told("list", path, find)

    def stat(self, path):
        return self._told("stat", path, lambda file: paramiko.SFTPAttributes.from_stat(file.stat()))

    def open(self, path, flags, attr):
        if flags & (os.O_WRONLY | os.O_RDWR):
            return paramiko.SFTP_PERMISSION_DENIED
        return self._told("open", path, _Handle)


class SftpServer:
    """A running server.

    Attributes:
        port: where, on 127.0.0.1.
        host_key: its key as `ssh-keyscan` prints it, without the host.
        keys: whose holders may come in.
        asked: what was asked of it, in order.
        connections: how many were made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._key = paramiko.ECDSAKey.generate()
        self.host_key = f"{self._key.get_name()} {self._key.get_base64()}"
        self.asked = []
        self.keys = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._transports = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def settings(self, **more):
        """What an operator would write."""
        told = {"host": "127.0.0.1", "port": self.port, "username": USERNAME, "password": PASSWORD}
        return {**told, "host_keys": [self.host_key], "folder": "/monitor", **more}

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            transport = paramiko.Transport(connection)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler(
                "sftp", paramiko.SFTPServer, _Files, root=self._root, asked=self.asked
            )
            self._transports.append(transport)
            try:
                transport.start_server(server=_Door(self.keys))
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()

    def hang_up(self):
        """Close every connection."""
        for transport in self._transports:
            transport.close()
            transport.join(30)
        self._transports.clear()

    def stop(self):
        """No more of it."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        self.hang_up()


@contextmanager
def sftp_server(root: Path):
    """A server over a folder, stopped at the end."""
    server = SftpServer(root)
    try:
        yield server
    finally:
        server.stop()
