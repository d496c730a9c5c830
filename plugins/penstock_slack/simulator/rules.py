"""What Slack refuses of a payload, as far as its documentation says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

_BLOCKS = 50
_TOTAL = 13_200


def refusal(payload: Any) -> str | None:
    """The code Slack answers with; None for a payload that it takes."""
    if not isinstance(payload, dict):
        return "invalid_payload"
    given = cast(dict[str, Any], payload)
    text, blocks = given.get("text", ""), given.get("blocks", [])
    if not isinstance(text, str) or not isinstance(blocks, list):
        return "invalid_payload"
    if not text and not blocks:
        return "no_text"
    blocks = cast(list[Any], blocks)
    if len(blocks) > _BLOCKS or not all(map(_block, blocks)):
        return "invalid_blocks"
    written = sum(len(text) for block in blocks for text in _texts(block))
    return "msg_blocks_too_long" if written > _TOTAL else None


def _block(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    match cast(dict[str, Any], block):
        case {"type": "divider"}:
            return True
        case {"type": "header", "text": text}:
            return _text(text, 150) and text["type"] == "plain_text"
        case {"type": "section", "fields": [*fields], **rest}:
            section = "text" not in rest or _text(rest["text"], 3000)
            return section and 1 <= len(fields) <= 10 and all(_text(f, 2000) for f in fields)
        case {"type": "section", "text": text}:
            return _text(text, 3000)
        case {"type": "context", "elements": [*elements]}:
            return 1 <= len(elements) <= 10 and all(_text(e, 3000) for e in elements)
        case _:
            return False


def _text(text: Any, longest: int) -> bool:
    if not isinstance(text, dict):
        return False
    match cast(dict[str, Any], text):
        case {"type": "plain_text", "text": str(written), **rest}:
            option = "emoji"
        case {"type": "mrkdwn", "text": str(written), **rest}:
            option = "verbatim"
        case _:
            return False
    known = rest.keys() <= {option} and isinstance(rest.get(option, True), bool)
    return known and 1 <= len(written) <= longest


def _texts(block: Mapping[str, Any]) -> list[str]:
    parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
    return [part["text"] for part in parts if part]
