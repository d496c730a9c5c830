"""Which endpoints the webhook sink may be configured with."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.errors import PluginError
from penstock.plugins import load, read_settings
from penstock.testing.context import context
from penstock.testing.http import ScriptedHttp, response
from penstock_webhook.settings import WebhookSettings
from penstock_webhook.sink import WebhookSink

REGISTRATION = load(["penstock_webhook"]).sink("webhook")


def read(url: str) -> Any:
    return read_settings(REGISTRATION, {"SINK_WEBHOOK_URL": url})


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com/",
        "https://shop.example.com/webhooks?token=x&y=[z]",
        "https://shop.example.com:8443/webhooks",
        "https://xn--bcher-kva.example.com/hook",
        "https://a_b.example.com/x",
        "https://shop.example.com:1/x",
        "https://shop.example.com:65535/x",
        "https://" + "a." * 120 + "example.com/x",
    ],
)
def test_a_public_https_address_is_taken(url: str):
    assert url == read(url).url


REFUSED = [
    "http://shop.example.com/",
    "ftp://shop.example.com/",
    "https://shop.example.com",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://printer.LOCAL/",
    "HTTPS://shop.example.com/",
    "https://a.localhost/",
    "https://localhost./",
    "https://shop.example.com./",
    "https://shop.invalid/",
    "https://shop.test/",
    "https://shop.onion/",
    "https://nas.home.arpa/",
    "https://shop.example.com-/",
    "https://-shop.example.com/",
    "https://shop..example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://" + "a." * 122 + "example.com/",
    "https://shop.example.com:0/",
    "https://shop.example.com:65536/",
    "https://shop.example.com:99999/",
    "https://shop.example.com:/",
    "https://shop.example.com:8443@127.0.0.1/",
    "https://b\u00fccher.example.com/",
    "https://127\u30020\u30020\u30021/",
    "https://\u24dbocalhost/",
    "https://%6cocalhost/",
    "https://[fe80::1%25eth0]/",
    "https://[2002:7f00:1::]/",
    "https://127.0.0.1./",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router/",
    "https://8.8.8.8/",
    "https://127.0.0.1/",
    "https://10.0.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://user:pass@shop.example.com/",
    "https://shop.example.com@127.0.0.1/",
    "https://shop.example.com\\@127.0.0.1/",
    "https://shop.example.com/#x",
    "https://shop.example.com/ x",
    "https://shop.example.com/\r\nHost: x",
    "http://169.254.169.254/",
    "http://127.0.0.1@evil.test/",
    "https://shop.example.com/" + "x" * 1000,
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_any_other_address_is_refused_with_an_example_and_without_the_value(url: str):
    with pytest.raises(PluginError) as refused:
        read(url)

    told = str(refused.value)
    assert "SINK_WEBHOOK_URL" in told
    if url:
        assert "https://shop.example.com/webhooks" in told
        assert url not in told.replace("https://shop.example.com/webhooks", "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:4601/webhooks", "http://localhost/x"])
def test_plain_http_is_refused_where_no_simulator_serves_it(url: str):
    registry = load(["penstock_webhook"])
    profiles = ({}, {"url_prefix": ""}, {"url_prefix": "http://127.0.0.1:4602/"})
    for profile in profiles:
        with pytest.raises(PluginError, match=r"url is plain http:// to this machine.*: write "):
            registry.build_sink(
                "webhook",
                {"SINK_WEBHOOK_URL": url},
                lambda _, settings, profile=profile: context(settings, profile=profile),
            )


async def test_the_simulator_is_reached_by_plain_http_and_by_no_other_address():
    http = ScriptedHttp(response(204))
    made = WebhookSink(
        context(
            WebhookSettings(url="http://127.0.0.1:4601/webhooks"),
            http=http,
            profile={"url_prefix": "http://127.0.0.1:4601/"},
        )
    )

    assert "webhook" == made.name
