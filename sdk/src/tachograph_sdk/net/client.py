"""Sends a body and reads a short answer: https, verified, no redirects, no proxies from the environment.

The name is looked up once, what it leads to is judged, and that very address is connected to.
"""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from tachograph_sdk.errors import PermanentDelivery, TransientDelivery
from tachograph_sdk.net.address import IPAddress, Reach, Target, check_addresses, literal
from tachograph_sdk.net.flight import Flight
from tachograph_sdk.net.retry import Answer, retry_after

__all__ = ["Limits", "Resolve", "post", "resolve"]

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one exchange may take."""

    connect_s: float = 5.0
    total_s: float = 10.0  # looking up, connecting, sending and reading together
    answer_bytes: int = 64 * 1024  # of the answer's body; what is longer is not read


def post(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    reach: Reach,
    limits: Limits = Limits(),
    flight: Flight | None = None,
    ca_file: str = "",
    look_up: Resolve | None = None,
    now_s: Callable[[], float] = time.time,
) -> Answer:
    """Send the body; what came back, whatever its status.

    Raises:
        ConfigError: the address the name leads to is not allowed.
        TransientDelivery: no answer, or not in time.
        PermanentDelivery: the destination's certificate is not to be trusted.
        DeliveryStopped: cut off by `flight`.
    """
    flight = flight or Flight()
    flight.check()
    flight.watch(limits.total_s)
    try:
        addresses = _allowed_addresses(target, reach, look_up or resolve, limits.connect_s, flight)
        with closing(_connect(target, addresses, limits, flight, ca_file)) as connected:
            flight.check()
            return _exchange(connected, target, body, headers, limits, now_s)
    except ssl.SSLCertVerificationError:
        flight.raise_if_cut()
        raise PermanentDelivery(
            "the destination's certificate is not trusted",
            hint="for a certificate of your own set ca_file",
            disables=True,
        ) from None
    except (OSError, http.client.HTTPException) as error:
        flight.raise_if_cut()
        raise TransientDelivery(
            f"the destination could not be reached ({type(error).__name__})", retry_after_s=0.0
        ) from None
    finally:
        flight.land()


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system finds them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _exchange(
    connected: socket.socket,
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    limits: Limits,
    now_s: Callable[[], float],
) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = connected
    connection.auto_open = 0  # never a second connection: it would not be the pinned one
    connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", target.authority)
    for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    with closing(connection.getresponse()) as response:
        read = response.read(limits.answer_bytes)
        wait_s = retry_after(response.getheader("Retry-After"), now_s)
        return Answer(status=response.status, body=read, retry_after_s=wait_s)


def _allowed_addresses(
    target: Target, reach: Reach, look_up: Resolve, timeout_s: float, flight: Flight
) -> list[IPAddress]:
    itself = literal(target.host)
    if itself is not None:
        return [itself]
    found: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found.put(look_up(target.host, target.port))
        except OSError as error:
            found.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()  # the system's own time-out is half a minute
    deadline = time.monotonic() + timeout_s
    told = None
    while told is None:
        flight.raise_if_cut()
        try:
            told = found.get(timeout=0.05)
        except queue.Empty:
            if time.monotonic() > deadline:
                raise TimeoutError from None
    if isinstance(told, OSError):
        raise told
    return check_addresses(target, told, reach)


def _connect(
    target: Target, addresses: Sequence[IPAddress], limits: Limits, flight: Flight, ca_file: str
) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses[:4]:
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(limits.connect_s)
            flight.attach(plain)
            plain.connect((str(address), target.port))
            plain.settimeout(limits.total_s)
            if target.scheme == "http":
                return plain
            return _encrypt(plain, target, flight, ca_file)
        except ssl.SSLCertVerificationError:
            plain.close()
            raise
        except OSError as error:
            plain.close()
            flight.raise_if_cut()
            failure = error
        except BaseException:
            plain.close()
            raise
    raise failure


def _encrypt(plain: socket.socket, target: Target, flight: Flight, ca_file: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    encrypted = context.wrap_socket(plain, server_hostname=target.host, do_handshake_on_connect=False)
    try:
        flight.attach(encrypted)
        encrypted.do_handshake()
    except BaseException:
        encrypted.close()
        raise
    return encrypted
