"""Record the wire log: the latest calls that a shop, its pages and its tests made, with their bodies, masked.

Recording must not slow a call down. So a call only leaves its raw facts in memory, and `flush` masks and stores them.
The runner flushes twice a second, the console before it reads. A crash may lose the last half second of the log, but
nothing of the ledger. Under load the oldest calls are dropped before they are masked.
"""

import json
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flask import Flask, Response, current_app, g, request
from sqlalchemy import JSON, ForeignKey, Index, delete, func, insert, inspect, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from ..api import access, envelope
from ..ledger.models import Merchant, Model, Payment, db
from ..ledger.transactions import exclusive
from ..merchants.clock import now
from ..products.certifications import Certification
from . import dates, masking

KEPT = 300
"""Calls kept of each merchant, and of those without a merchant."""

MAX_BODY = 16_000
"""Characters kept of a body."""

IDS = ("imp_uid", "merchant_uid", "customer_uid")
"""Fields whose values a call can be found by, wherever they are in its path or bodies."""


class WireEntry(Model):
    """One call and its answer."""

    __tablename__ = "wire_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("merchants.id"))
    """None for a call without a merchant, such as one with unknown credentials."""
    kind: Mapped[str]
    """`rest`, `sdk`, `window` or `control`."""
    at: Mapped[int]
    """Unix seconds of the clock of the customer whose `customer_uid` the call contains, else of the merchant's."""
    began: Mapped[float]
    """Unix seconds of the computer's clock, with fractions, when the request arrived."""
    took: Mapped[float]
    """Milliseconds from the request's arrival to its answer."""
    method: Mapped[str]
    path: Mapped[str]
    """The path with its query, masked."""
    headers: Mapped[Any] = mapped_column(JSON)
    """Name → value of the request's headers that matter, masked."""
    request_body: Mapped[str | None]
    """Masked. JSON text, also for a form."""
    http_status: Mapped[int]
    code: Mapped[int | None]
    """`code` of the envelope; None when the answer has none."""
    message: Mapped[str | None]
    response_body: Mapped[str | None]
    ids: Mapped[str] = mapped_column(default="")
    """Each value of a field in `IDS`, between line ends."""

    @property
    def id_list(self) -> list[str]:
        """The ids in the order in which they appear in the call."""
        return [value for value in self.ids.split("\n") if value]

    __table_args__ = (Index("ix_wire_entries_merchant_id", "merchant_id", "id"),)


class Call(NamedTuple):
    """A call as it was made, unmasked. It exists only in memory."""

    merchant_id: int | None
    kind: str
    at: int
    """Unix seconds of the computer's clock."""
    began: float
    """The same with fractions, when the request arrived."""
    offsets: dict[str, int] | None
    """The customers' offsets at the time of the call; None when the call has not read its merchant."""
    done: float
    """Seconds of the monotonic clock at the answer, to sort by."""
    took: float
    """Milliseconds from the request's arrival to its answer."""
    method: str
    path: str
    query: str
    path_ids: dict[str, Any]
    headers: dict[str, str]
    content_type: str
    request_body: bytes
    http_status: int
    location: str
    answer_type: str
    answer: bytes


def init_app(app: Flask) -> None:
    """Record the calls of `app` to which `kind_of` gives a kind."""
    app.extensions["sandbox_wire"] = {}
    app.before_request(_begin)
    app.after_request(_record)


def kind_of(path: str, method: str) -> str | None:
    """Return `rest`, `sdk`, `window` or `control` for a call that is recorded, and None for any other."""
    if method == "OPTIONS":
        return None
    if f"{path}/".startswith(envelope.ROOTS):
        return "rest"
    if path.startswith("/control/"):
        return "control" if method != "GET" else None
    return {"/sdk/": "sdk", "/windows/": "window"}.get(f"/{path.split('/')[1]}/")


def flush(_now: int = 0) -> None:
    """Store what this process recorded since the last flush, and delete calls beyond `KEPT`. A job of the runner."""
    calls = _drain(current_app.extensions["sandbox_wire"].values())
    if not calls:
        return
    claims = [_claim(call) for call in calls]
    rows = [_row(call) for call in calls]
    with exclusive():
        owners = {claim: _owner(claim) for claim in set(claims)}
        for row, claim in zip(rows, claims, strict=True):
            row["merchant_id"] = owners[claim]
        dates.date(rows, [call.offsets for call in calls])
        db.session.execute(insert(WireEntry), rows)
        for merchant_id in {row["merchant_id"] for row in rows}:
            _forget_oldest(merchant_id)


def mentions(value: str) -> Any:
    """Return the condition that a call contains this id."""
    return func.instr(WireEntry.ids, f"\n{value}\n") > 0


# Recording ------------------------------------------------------------------------------------------------


def _begin() -> None:
    g.wire_started, g.wire_began = time.perf_counter(), time.time()
    g.wire_kind = kind_of(request.path, request.method)
    if g.wire_kind:
        request.get_data()  # the request keeps its body, so a view can still read a form from it
    if g.wire_kind == "control":
        flush()  # before the lever moves the clock, because flush dates the earlier calls by it


def _record(response: Response) -> Response:
    if g.get("wire_kind"):
        call = _call(response)
        pending = current_app.extensions["sandbox_wire"]
        pending.setdefault(call.merchant_id, deque(maxlen=KEPT)).append(call)
    return response


def _call(response: Response) -> Call:
    readable = response.mimetype == "application/json" and not response.direct_passthrough
    names = (*access.HEADERS, "Content-Type", "User-Agent", "Origin")
    return Call(
        merchant_id=_caller(),
        kind=g.wire_kind,
        at=now(),
        began=g.wire_began,
        offsets=dates.offsets_seen(),
        done=time.monotonic(),
        took=round((time.perf_counter() - g.wire_started) * 1000, 1),
        method=request.method,
        path=request.path,
        query=request.query_string.decode("utf-8", "replace"),
        path_ids=request.view_args or {},
        headers={name: request.headers[name] for name in names if name in request.headers},
        content_type=request.content_type or "",
        request_body=request.get_data(),
        http_status=response.status_code,
        location=response.headers.get("Location", ""),
        answer_type=response.mimetype or "",
        answer=response.get_data() if readable else b"",
    )


def _caller() -> int | None:
    """Return the id of the merchant whose token the request has, or None."""
    merchant = g.get("merchant")
    # The record may have expired by now, and `merchant.id` would then query the database.
    identity = inspect(merchant).identity if merchant is not None else None
    return identity[0] if identity else None


# Storing --------------------------------------------------------------------------------------------------


def _drain(queues: Iterable[deque[Call]]) -> list[Call]:
    """Remove all calls from the queues, and return them in the order in which they were answered."""
    calls: list[Call] = []
    for queue in list(queues):
        while queue:
            calls.append(queue.popleft())
    return sorted(calls, key=lambda call: call.done)


def _row(call: Call) -> dict[str, Any]:
    """Return the columns of the call's entry, except `merchant_id`."""
    sent = masking.body(call.request_body, call.content_type) if call.request_body else None
    answered = masking.body(call.answer, call.answer_type) if call.answer else masking.address(call.location)
    envelope_of = answered if isinstance(answered, dict) else {}
    code, message = envelope_of.get("code"), envelope_of.get("message") or envelope_of.get("error_msg")
    ids = _unique_ids(masking.masked(call.path_ids), sent, answered)
    return {
        "kind": call.kind,
        "at": call.at,
        "began": call.began,
        "took": call.took,
        "method": call.method,
        "path": masking.prose(call.path) + (masking.address(f"?{call.query}") if call.query else ""),
        "headers": {name: masking.header(name, value) for name, value in call.headers.items()},
        "request_body": _text(sent),
        "http_status": call.http_status,
        "code": code if isinstance(code, int) else None,
        "message": _storable(message) if isinstance(message, str) else None,
        "response_body": _text(answered),
        "ids": _storable("".join(f"\n{value}\n" for value in ids)),
    }


def _text(body: Any) -> str | None:
    if body in (None, ""):
        return None
    text = _storable(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))
    return text if len(text) <= MAX_BODY else f"{text[:MAX_BODY]}…"


def _storable(text: str) -> str:
    """Replace lone surrogates, which JSON can spell and no database accepts."""
    return text.encode("utf-8", "replace").decode()


def _unique_ids(*bodies: Any) -> list[str]:
    return list(dict.fromkeys(value for body in bodies for value in _ids(body)))


def _ids(value: Any, name: str = "") -> Iterator[str]:
    """Yield the values of all fields in `IDS`, however deep they are in `value`."""
    if isinstance(value, dict):
        for inner, under in value.items():
            yield from _ids(under, inner)
    elif isinstance(value, list):
        for under in value:
            yield from _ids(under, name)
    elif isinstance(value, str) and value and name.removesuffix("[]") in IDS:
        yield value


def _claim(call: Call) -> tuple[str, Any]:
    """Return name and value of what identifies the call's merchant, for `_owner`.

    It is the `id` of its token's merchant, else the `imp_uid` of its window, else the `key` or `code` in its fields.
    """
    if call.merchant_id is not None:
        return "id", call.merchant_id
    if call.kind in ("window", "sdk") and "imp_uid" in call.path_ids:
        return "imp_uid", call.path_ids["imp_uid"]
    body = masking.parse(call.request_body, call.content_type)
    fields = {**dict(parse_qsl(call.query)), **(body if isinstance(body, dict) else {})}
    if call.kind == "rest":
        return "key", _word(fields.get("imp_key"))
    code = _word(fields.get("merchant_code")) or call.path_ids.get("code", "")
    is_default = call.kind == "control" and not code
    return "code", current_app.extensions["sandbox_config"].MERCHANT_CODE if is_default else code


def _owner(claim: tuple[str, Any]) -> int | None:
    """Return the id of the merchant with this `id`, `key` or `code`, or of the window with this `imp_uid`, or None."""
    name, value = claim
    if name == "imp_uid":
        owners = (
            select(windowed.merchant_id).where(windowed.imp_uid == value) for windowed in (Payment, Certification)
        )
        return db.session.scalar(union_all(*owners).limit(1))
    return db.session.scalar(select(Merchant.id).where(getattr(Merchant, name) == value))


def _word(value: Any) -> str:
    """Return a text that the database can search for; '' for any other value."""
    return value if isinstance(value, str) and value.isascii() else ""


def _forget_oldest(merchant_id: int | None) -> None:
    """Delete all but the last `KEPT` calls of the merchant, or of those without a merchant."""
    mine = WireEntry.merchant_id == merchant_id if merchant_id else WireEntry.merchant_id.is_(None)
    last_kept = select(WireEntry.id).where(mine).order_by(WireEntry.id.desc()).offset(KEPT).limit(1).scalar_subquery()
    # No entry is in the session, so SQLAlchemy need not find out which ones to drop with the rows.
    forget = delete(WireEntry).where(mine, WireEntry.id <= last_kept)
    db.session.execute(forget, execution_options={"synchronize_session": False})
