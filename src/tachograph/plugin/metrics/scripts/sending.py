"""One POST at a time, to one place: no redirects, no proxy for this machine, never longer than a few seconds."""

from __future__ import annotations

import ipaddress
import json
import random
import re
import threading
import time
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Answer", "back_off", "is_loopback", "post", "valid_endpoint"]

USER_AGENT = "ai-helpers-metrics-py"  # what receivers of the old plugin know
SOCKET_SECONDS = 2.0
WHOLE_SECONDS = 6.0
LONGEST_WAIT = 3600.0
LONGEST_RETRY_AFTER = 86400.0
_TRY_AGAIN = (408, 425, 429)
# Nothing that this module could read as another host than the one that the connection goes to: `[::1].example.com`.
_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class Answer:
    """What came of a POST: `kind` is done, wait or refused; `why` is for the log and never a value of a payload."""

    def __init__(self, kind: str, why: str, retry_after: float | None = None) -> None:
        self.kind = kind
        self.why = why
        self.retry_after = retry_after


def valid_endpoint(text: Any) -> str | None:
    """An endpoint without its last slash; None if it is no address of http or https, or has a password in it."""
    if not isinstance(text, str) or not re.fullmatch(r"[\x21-\x7e]{8,500}", text):
        return None
    try:
        parts = urlsplit(text)
        parts.port  # raises for what is no port  # noqa: B018
    except ValueError:
        return None
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not _HOST_AND_PORT.fullmatch(parts.netloc)
        or parts.query
        or parts.fragment
    ):
        return None
    return text.rstrip("/")


def is_loopback(endpoint: str) -> bool:
    """Whether what is sent there stays on this machine."""
    host = urlsplit(endpoint).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def headers() -> dict[str, str]:
    """As the old plugin sent them."""
    return {"Content-Type": "application/json", "User-Agent": USER_AGENT, "Connection": "close"}


def post(url: str, body: bytes) -> Answer:
    """Send one payload and say what came of it; never raises, never takes longer than six seconds."""
    answers: list[Answer] = []
    # A receiver that gives a byte a second keeps every single wait short: only a second clock ends that.
    thread = threading.Thread(target=lambda: answers.append(_post(url, body)), daemon=True)
    thread.start()
    thread.join(WHOLE_SECONDS)
    return answers[0] if answers else Answer("wait", "no answer in time")


def _post(url: str, body: bytes) -> Answer:
    from urllib import error, request

    class NoRedirect(request.HTTPRedirectHandler):
        """An answer that sends elsewhere is an answer."""

        def redirect_request(self, *_: Any) -> None:
            return None

    handlers: list[Any] = [NoRedirect()]
    if is_loopback(url):
        handlers.append(request.ProxyHandler({}))
    opener = request.build_opener(*handlers)
    opener.addheaders = []
    asked = request.Request(url, data=body, headers=headers(), method="POST")  # noqa: S310 - valid_endpoint() lets http and https pass
    try:
        with opener.open(asked, timeout=SOCKET_SECONDS) as answer:
            answer.read(4096)
            return _judge(answer.status, answer.headers, b"")
    except error.HTTPError as refusal:
        try:
            text = refusal.read(4096)
        except Exception:  # noqa: BLE001 - whatever else it says is not needed
            text = b""
        return _judge(refusal.code, refusal.headers, text)
    except Exception as problem:  # noqa: BLE001 - no connection, no HTTP, no time: all the same to the one who waits
        reason = getattr(problem, "reason", problem)
        return Answer("wait", f"no answer: {type(reason).__name__}")


def _judge(status: int, told: Any, body: bytes) -> Answer:
    if 200 <= status < 300:
        return Answer("done", f"HTTP {status}")
    why = f"HTTP {status}" + _code(body)
    if status < 400 or status in _TRY_AGAIN or status >= 500:
        return Answer("wait", why, _retry_after(told))
    return Answer("refused", why)


def _code(body: bytes) -> str:
    """The receiver's own word for what was wrong, if it looks like one."""
    try:
        told = json.loads(body.decode("utf-8"))
        code = told.get("code") if isinstance(told, dict) else None
    except (ValueError, RecursionError):
        return ""
    return " " + code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code) else ""


def _retry_after(told: Any) -> float | None:
    text = (told.get("Retry-After") or "").strip() if told is not None else ""
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST_RETRY_AFTER)
    if text:
        from email.utils import parsedate_to_datetime

        try:
            return min(max(0.0, parsedate_to_datetime(text).timestamp() - time.time()), LONGEST_RETRY_AFTER)
        except (TypeError, ValueError, OverflowError):
            return None
    return None


def back_off(failures: int, retry_after: float | None = None) -> float:
    """Seconds to wait after so many failures in a row, at least as long as the receiver asked for.

    Doubles from 15 s to one hour, with chance, so that many who failed together do not come back together.
    """
    longest = min(LONGEST_WAIT, 15.0 * 2.0 ** min(failures - 1, 10))
    return max(longest * (0.5 + 0.5 * random.random()), retry_after or 0.0)
