"""A stand-in for SNS over plain HTTP, that answers as a test wants."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TAKEN = (
    b"<PublishResponse><PublishResult><MessageId>1-a</MessageId></PublishResult></PublishResponse>"
)


class Sns:
    """
    A server that answers from a list, each answer a status and a body, or what to do instead.

    Attributes:
        requests: what was asked: the headers in lower case, and the form.
        connections: how many were made.
        clients: what is to be closed before the server is.
    """

    def __init__(self, *answers: tuple[int, bytes] | str) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[dict[str, str], dict[str, str]]] = []
        self.connections = 0
        self.hung_up = threading.Event()
        self.url = ""
        self.clients = ExitStack()


@contextmanager
def serving(sns: Sns, tls: ssl.SSLContext | None = None) -> Iterator[Sns]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            sns.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            sns.requests.append((headers, form))
            answer = sns.answers.pop(0) if sns.answers else (200, TAKEN)
            if answer == "hang up":
                self.close_connection = True
                return
            status, told = (200, TAKEN) if isinstance(answer, str) else answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)
            # As a server does with a connection that nobody has used for a while.
            self.close_connection = answer == "answer, then hang up"

        def finish(self) -> None:
            super().finish()
            self.request.close()
            sns.hung_up.set()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    host = "localhost" if tls else "127.0.0.1"
    sns.url = f"http{'s' if tls else ''}://{host}:{server.server_address[1]}"
    try:
        yield sns
    finally:
        sns.clients.close()
        server.shutdown()
        server.server_close()
        thread.join()
