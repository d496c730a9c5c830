"""The receiver printed in docs/webhooks.md takes what the sink sends, and nothing else."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from penstock.adapters.clock import SystemClock
from penstock.adapters.http import AiohttpHttp
from penstock.api import Attempt, Delivered, RetryAfter
from penstock.testing.builders import event
from penstock.testing.context import FixedSecrets, context
from penstock_webhook.settings import WebhookSettings
from penstock_webhook.sink import RETRIES, WebhookSink
from tests.documents.commands import ROOT

PAGE = (ROOT / "docs/webhooks.md").read_text()
SECRET, OTHER = "whsec_" + "a" * 40, "whsec_" + "b" * 40


def printed(name: str) -> str:
    """The file of that name, as the page prints it."""
    codes = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    (code,) = [code for code in codes if code.startswith(f'"""{name}')]
    return code


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The printed receiver at work; its address."""
    code = printed("receiver.py")
    file = tmp_path / "receiver.py"
    file.write_text(code)
    monkeypatch.setenv("SIGNING_SECRET", SECRET)
    spec = importlib.util.spec_from_file_location("receiver", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Receiver.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), module.Receiver) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        serving.join()


async def test_the_printed_receiver_takes_each_event_once_and_nothing_unsigned(
    receiver: str, capsys: pytest.CaptureFixture[str]
):
    http = AiohttpHttp(5)
    sinks = [
        WebhookSink(
            context(
                WebhookSettings(url=receiver),
                http=http,
                clock=SystemClock(),
                secrets=FixedSecrets(*({"signing_secret": one} for one in secrets)),
                profile={"url_prefix": receiver},
            )
        )
        for secrets in ((SECRET,), (OTHER, SECRET), (OTHER,))
    ]
    told = [await sink.deliver(event(), Attempt(1)) for sink in sinks]
    await http.aclose()

    assert [Delivered(), Delivered(), RetryAfter("the endpoint answered 401")] == told
    assert 1 == capsys.readouterr().out.count("payment.succeeded pay-1")


def test_the_printed_sender_signs_an_event_as_the_sink_does(
    receiver: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    shown = json.dumps({"events": [json.loads(event().dumps())]})
    monkeypatch.setattr("sys.stdin", io.StringIO(shown))

    code = printed("send.py").replace("http://127.0.0.1:8000/", receiver)
    exec(compile(code, "send.py", "exec"), {})  # noqa: S102 - what the page prints

    said = capsys.readouterr().out
    assert (True, "204") == ("payment.succeeded pay-1" in said, said.splitlines()[-1])


def test_the_page_names_the_times_of_the_schedule():
    (listed,) = re.findall(r"tried again (.*?) after its first try", PAGE)
    units = {"s": 1, "min": 60, "h": 3600}
    times = [float(n) * units[unit] for n, unit in re.findall(r"(\d+) (s|min|h)\b", listed)]

    assert list(RETRIES) == times
