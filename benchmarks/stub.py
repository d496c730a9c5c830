"""AWS as far as the benchmarks ask it, and a gateway that is out of order: no emulator's noise."""

from __future__ import annotations

import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    b"<MessageId>059f36b4-87a3-44ab-83d2-661975830a7d</MessageId></PublishResult>"
    b"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>"
)


class Stub:
    """
    Where it answers, and what it was asked.

    Attributes:
        secret: what every secret holds.
        asked: how often each operation was called; `gateway` for what is not AWS.
    """

    def __init__(self) -> None:
        self.url = ""
        self.secret: Mapping[str, str] = {}
        self.asked: Counter[str] = Counter()

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """The answer to a request with that X-Amz-Target."""
        if not target:
            published = body.startswith(b"Action=Publish")
            self.asked["Publish" if published else "gateway"] += 1
            return (200, _PUBLISHED) if published else (503, b"{}")
        operation = target.partition(".")[2]
        self.asked[operation] += 1
        return 200, json.dumps(self._result(operation, body)).encode()

    def _result(self, operation: str, body: bytes) -> dict[str, Any]:
        match operation:
            case "GetSecretValue":
                text = json.dumps(dict(self.secret))
                return {"Name": "it", "SecretString": text, "VersionStages": ["AWSCURRENT"]}
            case "ChangeMessageVisibilityBatch":
                entries = json.loads(body)["Entries"]
                return {"Successful": [{"Id": one["Id"]} for one in entries], "Failed": []}
            case "GetQueueAttributes":
                counts = ("Messages", "MessagesNotVisible", "MessagesDelayed")
                return {"Attributes": {f"ApproximateNumberOf{one}": "0" for one in counts}}
            case "Query":
                return {"Items": [], "Count": 0}
            case _:
                return {}


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """Answer on this machine only, in threads of this process."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, told = stub.answer(self.headers.get("X-Amz-Target", ""), body)
            self.send_response(status)
            xml = told.startswith(b"<")
            self.send_header("Content-Type", "text/xml" if xml else "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    host = "localhost" if tls else "127.0.0.1"
    stub.url = f"http{'s' if tls else ''}://{host}:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
