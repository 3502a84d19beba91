"""The wire log: the last calls a shop, its pages and its tests have made, with bodies, masked.

Recording must not slow a call down, so a call only leaves its raw facts in memory; whoever calls `flush` (the
runner twice a second, the console before it reads) masks and stores them. A crash may cost the log its last half
second, the ledger nothing. Under load the oldest calls fall out before anybody has to mask them.
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

from ..api import envelope
from ..ledger.models import Merchant, Model, Payment, db
from ..ledger.transactions import exclusive
from ..merchants.clock import now
from ..products.certifications import Certification
from . import masking

KEPT = 300
"""Calls remembered for each merchant, and as many that belong to none."""

LONGEST_BODY = 16_000
"""Characters kept of a body."""

IDS = ("imp_uid", "merchant_uid", "customer_uid")
"""Fields, wherever they stand in a call, by whose values it is found."""


class WireEntry(Model):
    """One call and its answer."""

    __tablename__ = "wire_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("merchants.id"))
    """None: nobody's, such as a call whose credentials are unknown."""
    kind: Mapped[str]
    """`rest`, `sdk`, `window` or `control`."""
    at: Mapped[int]
    """Unix seconds of the merchant's clock."""
    took: Mapped[float]
    """Milliseconds from the request's arrival to its answer."""
    method: Mapped[str]
    path: Mapped[str]
    """With the query, masked."""
    headers: Mapped[Any] = mapped_column(JSON)
    """Those of the request that matter, masked."""
    request_body: Mapped[str | None]
    """Masked; JSON text, also for a form."""
    http_status: Mapped[int]
    code: Mapped[int | None]
    """Of the envelope."""
    message: Mapped[str | None]
    response_body: Mapped[str | None]
    ids: Mapped[str] = mapped_column(default="")
    """Each of `IDS` met in it, between line ends."""

    @property
    def id_list(self) -> list[str]:
        """In the order they stand in the call."""
        return [value for value in self.ids.split("\n") if value]

    __table_args__ = (Index("ix_wire_entries_merchant_id", "merchant_id", "id"),)


class Call(NamedTuple):
    """A call as it was, unmasked, and only in memory."""

    merchant_id: int | None
    kind: str
    at: int
    """By `sandbox.merchants.clock.now`."""
    done: float
    took: float
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
    """Record every call of `app` that is somebody's business."""
    app.extensions["sandbox_wire"] = {}
    app.before_request(_begin)
    app.after_request(_record)


def kind_of(path: str, method: str) -> str | None:
    """What a call is: of the REST API, the browser script, a payment window or a lever; None is not recorded."""
    if method == "OPTIONS":
        return None
    if f"{path}/".startswith(envelope.ROOTS):
        return "rest"
    if path.startswith("/control/"):
        return "control" if method != "GET" else None
    return {"/sdk/": "sdk", "/windows/": "window"}.get(f"/{path.split('/')[1]}/")


def flush(_now: int = 0) -> None:
    """Store what this process has recorded since the last time, and forget what is too old. A work of the runner."""
    calls = _drain(current_app.extensions["sandbox_wire"].values())
    if not calls:
        return
    claims = [_claim(call) for call in calls]
    rows = [_row(call) for call in calls]
    with exclusive():
        owners = {claim: _owner(claim) for claim in set(claims)}
        for row, claim in zip(rows, claims, strict=True):
            row["merchant_id"] = owners[claim]
        _date(rows)
        db.session.execute(insert(WireEntry), rows)
        for merchant_id in {row["merchant_id"] for row in rows}:
            _forget_oldest(merchant_id)


def mentions(value: str) -> Any:
    """The condition that a call carries this id."""
    return func.instr(WireEntry.ids, f"\n{value}\n") > 0


# Recording ------------------------------------------------------------------------------------------------


def _begin() -> None:
    g.wire_started = time.perf_counter()
    g.wire_kind = kind_of(request.path, request.method)
    if g.wire_kind:
        request.get_data()  # kept by the request, so a form can still be read from it
    if g.wire_kind == "control":
        flush()  # before the lever moves the clock that dates what happened until now


def _record(response: Response) -> Response:
    if g.get("wire_kind"):
        call = _call(response)
        pending = current_app.extensions["sandbox_wire"]
        pending.setdefault(call.merchant_id, deque(maxlen=KEPT)).append(call)
    return response


def _call(response: Response) -> Call:
    readable = response.mimetype == "application/json" and not response.direct_passthrough
    names = ("Authorization", "Content-Type", "User-Agent", "Origin")
    return Call(
        merchant_id=_caller(),
        kind=g.wire_kind,
        at=now(),
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
    """The id of who has shown a token, without asking the database for a record that has expired by now."""
    merchant = g.get("merchant")
    identity = inspect(merchant).identity if merchant is not None else None
    return identity[0] if identity else None


# Storing --------------------------------------------------------------------------------------------------


def _drain(queues: Iterable[deque[Call]]) -> list[Call]:
    calls: list[Call] = []
    for queue in list(queues):
        while queue:
            calls.append(queue.popleft())
    return sorted(calls, key=lambda call: call.done)


def _row(call: Call) -> dict[str, Any]:
    """All of an entry but whose it is."""
    sent = masking.body(call.request_body, call.content_type) if call.request_body else None
    answered = masking.body(call.answer, call.answer_type) if call.answer else masking.address(call.location)
    envelope_of = answered if isinstance(answered, dict) else {}
    code, message = envelope_of.get("code"), envelope_of.get("message") or envelope_of.get("error_msg")
    return {
        "kind": call.kind,
        "at": call.at,
        "took": call.took,
        "method": call.method,
        "path": call.path + (masking.address(f"?{call.query}") if call.query else ""),
        "headers": {name: masking.header(name, value) for name, value in call.headers.items()},
        "request_body": _text(sent),
        "http_status": call.http_status,
        "code": code if isinstance(code, int) else None,
        "message": _storable(message) if isinstance(message, str) else None,
        "response_body": _text(answered),
        "ids": _storable("".join(f"\n{value}\n" for value in _unique_ids(call.path_ids, sent, answered))),
    }


def _text(body: Any) -> str | None:
    if body in (None, ""):
        return None
    text = _storable(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}…"


def _storable(text: str) -> str:
    """JSON can spell half a character, which no database takes."""
    return text.encode("utf-8", "replace").decode()


def _unique_ids(*bodies: Any) -> list[str]:
    return list(dict.fromkeys(value for body in bodies for value in _ids(body)))


def _ids(value: Any, name: str = "") -> Iterator[str]:
    """Every value of a field in `IDS`, wherever it stands under `value`."""
    if isinstance(value, dict):
        for inner, under in value.items():
            yield from _ids(under, inner)
    elif isinstance(value, list):
        for under in value:
            yield from _ids(under, name)
    elif isinstance(value, str) and value and name.removesuffix("[]") in IDS:
        yield value


def _claim(call: Call) -> tuple[str, Any]:
    """What tells whose call it is: its token's merchant, else the key, the merchant code or the window it names."""
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
    """The id of the merchant with this `id`, `key` or `code`, or of the window with this `imp_uid`."""
    name, value = claim
    if name == "imp_uid":
        owners = (
            select(windowed.merchant_id).where(windowed.imp_uid == value) for windowed in (Payment, Certification)
        )
        return db.session.scalar(union_all(*owners).limit(1))
    return db.session.scalar(select(Merchant.id).where(getattr(Merchant, name) == value))


def _word(value: Any) -> str:
    """A text the database can look for; '' for what is none."""
    return value if isinstance(value, str) and value.isascii() else ""


def _date(rows: list[dict[str, Any]]) -> None:
    """Turn the computer's time into that of each row's merchant."""
    ids = {row["merchant_id"] for row in rows}
    offsets = dict(db.session.execute(select(Merchant.id, Merchant.clock_offset).where(Merchant.id.in_(ids))).all())
    for row in rows:
        row["at"] += offsets.get(row["merchant_id"], 0)


def _forget_oldest(merchant_id: int | None) -> None:
    mine = WireEntry.merchant_id == merchant_id if merchant_id else WireEntry.merchant_id.is_(None)
    last_kept = select(WireEntry.id).where(mine).order_by(WireEntry.id.desc()).offset(KEPT).limit(1).scalar_subquery()
    # No entry is in the session: SQLAlchemy need not find out which of them it forgets with the rows.
    forget = delete(WireEntry).where(mine, WireEntry.id <= last_kept)
    db.session.execute(forget, execution_options={"synchronize_session": False})
