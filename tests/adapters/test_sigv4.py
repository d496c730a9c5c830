"""Our signature is botocore's."""

from __future__ import annotations

import calendar
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.adapters.sigv4 import Credentials, signed

printable = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")))
names = st.from_regex(r"x-[a-z][a-z0-9-]{0,20}", fullmatch=True).filter(
    lambda name: name not in ("x-amz-date", "x-amz-security-token", "x-amzn-trace-id")
)
bodies = st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass"))


@given(
    body=bodies,
    extra=st.dictionaries(names, words),
    key=printable,
    secret=st.text(st.characters(codec="utf-8"), min_size=1),
    token=st.just("") | printable,
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"]),
)
@example(b"", {}, "AKID", "secret", "", "us-east-1")
@example(b"", {"x-odd": "  two   spaces\t"}, "AKID", "secret", "token==", "us-east-1")
@example("é🙂".encode() * 100_000, {"x-é": "é"}, "AKID", "s/+é", "a/b+c==" * 300, "eu-west-1")
def test_it_is_botocores_for_any_body_headers_and_credentials(
    body: bytes, extra: dict[str, str], key: str, secret: str, token: str, region: str
):
    """
    The same time, request and credentials give the same signature, letter for letter.
    """
    headers = {"host": "sns.test", "content-type": "application/x-www-form-urlencoded", **extra}
    theirs = AWSRequest("POST", "https://sns.test/", headers=headers, data=body)
    SigV4Auth(BotocoreCredentials(key, secret, token or None), "sns", region).add_auth(theirs)
    then = time.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")

    ours = signed(
        headers,
        body,
        Credentials(key, secret, token),
        region=region,
        service="sns",
        now=calendar.timegm(then),
    )

    assert theirs.headers["Authorization"] == ours["authorization"]
    assert {name.lower(): value for name, value in theirs.headers.items()} == ours


def test_credentials_show_nothing_of_themselves():
    """
    A log or traceback that prints them prints no secret.
    """
    shown = repr(Credentials("AKID-hunter2", "secret-hunter2", "token-hunter2"))

    assert "hunter2" not in shown
