"""One HTTP connection that is kept between requests, over http.client: no pool, no redirects."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penstock.errors import ChannelUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ANSWER_LIMIT = 64 * 1024
_CONNECT_SECONDS = 1.0


class KeptConnection:
    """
    A connection to one server, made at the first request and kept as long as it holds.

    Args:
        url: its scheme, host and port; certificates are checked against the system's roots
            (or SSL_CERT_FILE).
        roots: a file of a few roots to try first, if it exists: reading all of the system's takes
            half as long as the rest of a first webhook.
    """

    def __init__(self, url: str, roots: Path | None = None) -> None:
        split = urlsplit(url)
        self.url = url
        self.host = split.netloc.rpartition("@")[2]
        self._tls = split.scheme == "https"
        self._few = self._tls and roots is not None and roots.is_file()
        self._http = self._made(roots if self._few else None)

    def _made(self, roots: Path | None) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(self.host, timeout=_CONNECT_SECONDS)
        context = ssl.create_default_context(cafile=roots)
        return http.client.HTTPSConnection(self.host, timeout=_CONNECT_SECONDS, context=context)

    def post(self, headers: Mapping[str, str], body: bytes, within: float) -> tuple[int, bytes]:
        """
        The status and body of the answer.

        The server may have closed an idle connection, so a kept connection that fails is made anew
        once: send only requests that may arrive twice.

        Args:
            within: seconds to wait for each part of the answer.

        Raises:
            ChannelUnavailable: no answer; the request may have been received all the same.
        """
        kept = self._http.sock is not None
        try:
            return self._post(headers, body, within)
        except (OSError, http.client.HTTPException) as exc:
            self._http.close()
            if self._few and isinstance(exc, ssl.SSLCertVerificationError):
                # None of the few roots: the system's roots decide.
                self._few, self._http = False, self._made(None)
            elif not kept or isinstance(exc, TimeoutError):
                raise ChannelUnavailable(f"no answer: {type(exc).__name__}") from exc
        return self.post(headers, body, within)

    def _post(self, headers: Mapping[str, str], body: bytes, within: float) -> tuple[int, bytes]:
        if self._http.sock is None:
            self._http.timeout = min(_CONNECT_SECONDS, within)
            self._http.connect()
        if self._http.sock is not None:
            self._http.sock.settimeout(within)
        self._http.request("POST", "/", body, dict(headers))
        with self._http.getresponse() as answer:
            told = answer.read(_ANSWER_LIMIT)
            if not answer.isclosed():
                # Longer than is read: what is left must not become the next request's answer.
                self._http.close()
        return answer.status, told

    def close(self) -> None:
        """Close the connection; the next request makes a new one."""
        self._http.close()
