"""The proof of a guide run: each request as it was sent, from the journal, beside what the page's code prints.

Both sides are masked in the same way, so a secret or a card number is in neither of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from models import JournalEntry, Order
from services import run_calls, run_report
from services.guides import Guide
from services.masking import masked
from services.run_report import AGAIN

REQUEST_PAY = "IMP.request_pay"
OWN_NUMBER = frozenset({"merchant_uid"})
"""Fields of `/again` that the printed server makes itself: it numbers its periods in its own way."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One field of a request, printed and sent. None: the field is not there."""

    name: str
    """Dotted for a nested field."""
    printed: Any
    sent: Any
    is_compared: bool = True

    @property
    def is_same(self) -> bool:
        """Whether the code prints what was sent. `1004` and `"1004"` differ."""
        kinds = [(isinstance(value, str), isinstance(value, bool)) for value in (self.printed, self.sent)]
        return kinds[0] == kinds[1] and bool(self.printed == self.sent)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One request of the run, field by field."""

    call: str
    """`IMP.request_pay`, or the method and the path."""
    at: datetime
    """Business time."""
    device: str = ""
    """`pc` or `mobile`, for a request of the browser."""
    status: str = ""
    """The HTTP status and the `code` of the answer."""
    lines: Sequence[Line]

    @property
    def differences(self) -> list[str]:
        """The names of the fields that differ."""
        return [line.name for line in self.lines if line.is_compared and not line.is_same]

    @property
    def has_own_fields(self) -> bool:
        """Whether a field is not compared, because the printed code makes its own value."""
        return any(not line.is_compared for line in self.lines)


def of_window(order: Order, printed: Mapping[str, Any]) -> Proof | None:
    """Return the proof of the call that opened the order's window, or None if no page has reported one."""
    entry = _newest(order, "sdk.request_pay")
    if entry is None:
        return None
    sent, device = entry.facts["fields"], entry.facts.get("device", "")
    return Proof(call=REQUEST_PAY, at=entry.at, device=device, lines=_compared(printed, sent))


def of_read(order: Order, query: str, expected: Mapping[str, Any]) -> Proof | None:
    """Return the proof of the call that read the order's payment, or None if none did.

    `query` is what the printed code adds to the path; `expected` holds the fields of the record by which it decides.
    """
    path = f"/payments/{quote(order.imp_uid or '', safe='')}"
    entry = _newest(order, run_calls.EVENT, method="GET", path=path) if order.imp_uid else None
    record = _record(entry)
    if entry is None or record is None:
        return None
    wanted = {"path": path + query} | {f"response.{name}": value for name, value in expected.items()}
    found = {"path": entry.facts["path"]} | {f"response.{name}": record.get(name) for name in expected}
    return Proof(call="GET /payments/{imp_uid}", at=entry.at, status=_status(entry), lines=_compared(wanted, found))


def of_charge(charge: Order | None, printed: Mapping[str, Any], *, own: Iterable[str] = ()) -> Proof | None:
    """Return the proof of a charge with the key, or None if it was not sent. `own`: fields that are not compared."""
    entry = _newest(charge, run_calls.EVENT, method="POST", path=AGAIN) if charge else None
    if entry is None or not isinstance(entry.facts["request"], dict):
        return None
    lines = _compared(printed, entry.facts["request"], own=own)
    return Proof(call=f"POST {AGAIN}", at=entry.at, status=_status(entry), lines=lines)


def language_of(order: Order) -> str:
    """Return the language in which the order's window was opened, or empty if the journal does not say."""
    entry = _newest(order, "sdk.request_pay")
    language = entry.facts["fields"].get("language") if entry else None
    return language if language in ("ko", "en") else ""


def record_expected(guide: Guide, order: Order, *, channel: str) -> dict[str, Any]:
    """Return what the printed server expects of the payment's record, as its function `accept` does."""
    mid = channel.partition(".")[2]
    expected = {
        "amount": order.price.to_json(),
        "currency": order.currency,
        "customer_uid": order.billing_key.customer_uid,
        "pg_provider": guide.provider,
    }
    return expected | ({"pg_id": mid} if mid else {}) | {"customer_uid_usage": "issue"}


def _newest(order: Order, event: str, *, method: str = "", path: str = "") -> JournalEntry | None:
    """Return the newest such entry of the order; of a call, also with this method and path, whatever its query."""
    entries = (entry for entry in reversed(run_report.entries_of([order])) if entry.event == event)
    if method:
        entries = (e for e in entries if (e.facts["method"], e.facts["path"].partition("?")[0]) == (method, path))
    return next(entries, None)


def _record(entry: JournalEntry | None) -> Mapping[str, Any] | None:
    answer = entry.facts["response"] if entry else None
    record = answer.get("response") if isinstance(answer, dict) else None
    return record if isinstance(record, dict) else None


def _status(entry: JournalEntry) -> str:
    status, code = entry.facts["status"], entry.facts["code"]
    return f"{status or entry.facts['error']}" + ("" if code is None else f" · code {code}")


def _compared(printed: Mapping[str, Any], sent: Mapping[str, Any], *, own: Iterable[str] = ()) -> Sequence[Line]:
    """Return the fields of both, in the order of the code, then those that only the request has."""
    left, right = dict(_flat(masked(dict(printed)))), dict(_flat(sent))
    names = dict.fromkeys([*left, *right])
    return [Line(name=n, printed=left.get(n), sent=right.get(n), is_compared=n not in own) for n in names]


def _flat(request: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in request.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
