"""What a page may do: its own style and script, allowed by their hashes, and nothing else."""

from __future__ import annotations

import base64
import hashlib


def policy(style: str, script: str = "") -> str:
    """
    The Content-Security-Policy of a page.

    Args:
        style: the text of its one `<style>`.
        script: the text of its one `<script>`, which may ask this origin; empty for none.
    """
    allowed = {"style-src": style, "script-src": script}
    hashed = [f"{name} 'sha256-{_digest(text)}'" for name, text in allowed.items() if text]
    looks = ["connect-src 'self'"] if script else []
    return "; ".join(
        [
            "default-src 'none'",
            *hashed,
            *looks,
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
