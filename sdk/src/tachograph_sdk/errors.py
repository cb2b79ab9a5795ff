"""One tree of errors. Each carries a code, a message and a hint a person can act on.

TachographError
├─ ConfigError            a setting or argument is wrong; names file and key
├─ InputError             what came in cannot be read; never retried
│  ├─ DecodeError         the bytes are not what they claim to be
│  ├─ PayloadTooLarge     over the size limit, before or after decompression
│  └─ UnknownAgent        no reader for this agent
├─ ConsentError           the person did not allow this
│  ├─ NotGranted
│  └─ PolicyChanged       asked under an older text; ask again
├─ QueryError             a question that cannot be answered; lists the valid names
│  ├─ UnknownMetric
│  ├─ UnknownDimension
│  ├─ BadWindow
│  ├─ UnknownTimeZone
│  ├─ QueryTooLarge       over the time or row limit
│  ├─ QueryCancelled      whoever asked does not wait any more
│  └─ UnknownSession      no session has this id
├─ StoreError
│  ├─ StoreBusy           another process holds it; retry or talk to that process
│  └─ MigrationFailed
├─ JournalError
│  ├─ JournalFull         the disk or the journal's limit is reached; retry later
│  └─ JournalUnavailable  an append could not be made durable; retry
├─ DeliveryError
│  ├─ TransientDelivery   retry after `retry_after_s`
│  ├─ PermanentDelivery
│  ├─ DeliveryStopped     cut off, because it may no longer leave
│  └─ FieldNotAllowed     a body holds a field that no purpose allows to leave
└─ UnknownModel           no price row matches; the event is stored unpriced
"""

from __future__ import annotations

__all__ = [
    "BadWindow",
    "ConfigError",
    "ConsentError",
    "DecodeError",
    "DeliveryError",
    "DeliveryStopped",
    "FieldNotAllowed",
    "InputError",
    "JournalError",
    "JournalFull",
    "JournalUnavailable",
    "MigrationFailed",
    "NotGranted",
    "PayloadTooLarge",
    "PermanentDelivery",
    "PolicyChanged",
    "QueryCancelled",
    "QueryError",
    "QueryTooLarge",
    "StoreBusy",
    "StoreError",
    "TachographError",
    "TransientDelivery",
    "UnknownAgent",
    "UnknownDimension",
    "UnknownMetric",
    "UnknownModel",
    "UnknownSession",
    "UnknownTimeZone",
]


class TachographError(Exception):
    """Base of all: `code` for machines, `message` for people, `hint` says what to do next."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(TachographError):
    """A setting or argument is wrong."""

    code = "config"


class InputError(TachographError):
    """What came in cannot be read, and sending it again will not help."""

    code = "input"


class DecodeError(InputError):
    """The bytes are not what they claim to be."""

    code = "decode"


class PayloadTooLarge(InputError):
    """Over the size limit, as sent or after decompression."""

    code = "too_large"


class UnknownAgent(InputError):
    """No reader for this agent."""

    code = "unknown_agent"


class ConsentError(TachographError):
    """The person did not allow this."""

    code = "consent"


class NotGranted(ConsentError):
    """No consent for this purpose."""

    code = "not_granted"


class PolicyChanged(ConsentError):
    """Consent was given to an older text."""

    code = "policy_changed"


class QueryError(TachographError):
    """A question that cannot be answered as asked."""

    code = "query"


class UnknownMetric(QueryError):
    """Not in the registry."""

    code = "unknown_metric"


class UnknownDimension(QueryError):
    """Not in the registry, or not allowed for this metric."""

    code = "unknown_dimension"


class BadWindow(QueryError):
    """Start and end do not form a time range."""

    code = "bad_window"


class UnknownTimeZone(QueryError):
    """Not a name of the IANA time zone database."""

    code = "unknown_time_zone"


class QueryTooLarge(QueryError):
    """Over the time or row limit."""

    code = "query_too_large"


class QueryCancelled(QueryError):
    """Whoever asked does not wait for the answer any more."""

    code = "query_cancelled"


class UnknownSession(QueryError):
    """No session has this id."""

    code = "unknown_session"


class StoreError(TachographError):
    """The store could not do it."""

    code = "store"


class StoreBusy(StoreError):
    """Another process holds the store."""

    code = "store_busy"


class MigrationFailed(StoreError):
    """The store's schema could not be brought up to date; it is unchanged."""

    code = "migration_failed"


class JournalError(TachographError):
    """The journal could not take an append."""

    code = "journal"

    def __init__(self, message: str, *, hint: str = "", retry_after_s: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class JournalFull(JournalError):
    """The disk or the journal's own limit is reached; nothing was accepted."""

    code = "journal_full"


class JournalUnavailable(JournalError):
    """The append could not be made durable; nothing was accepted."""

    code = "journal_unavailable"


class DeliveryError(TachographError):
    """Something outside did not take what was sent."""

    code = "delivery"


class TransientDelivery(DeliveryError):
    """Worth another try after `retry_after_s` seconds."""

    code = "delivery_transient"

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float = 1.0, status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s
        self.status = status  # HTTP status, 0 if there was none


class PermanentDelivery(DeliveryError):
    """Another try will not help."""

    code = "delivery_permanent"

    def __init__(self, message: str, *, hint: str = "", status: int = 0, disables: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.status = status  # HTTP status, 0 if there was none
        self.disables = disables  # it is the destination that is wrong, not what was sent


class DeliveryStopped(DeliveryError):
    """Cut off or not begun, because it may no longer leave."""

    code = "delivery_stopped"


class FieldNotAllowed(DeliveryError):
    """A body holds a field that is not declared, or that its purposes do not allow to leave."""

    code = "field_not_allowed"


class UnknownModel(TachographError):
    """No price row matches this model at this time."""

    code = "unknown_model"
