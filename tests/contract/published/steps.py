"""The kinds of steps in the scenario of a published client, and the values they share."""

import time
from dataclasses import dataclass, field
from typing import Any

NOW = int(time.time())
HOUR = 3600
DAY = 24 * HOUR

APPROVED = "4242-4242-4242-4242"
DECLINED_LATER = "4000-0000-0000-0341"
REFUSED = "4000-0000-0000-0002"
UNKNOWN = "1234-1234-1234-1234"

CARD = {"card_number": APPROVED, "expiry": "2099-12", "birth": "900101", "pwd_2digit": "00"}
"""A card that the sandbox always approves."""

BUYER = {"name": "Coffee", "buyer_name": "Mae Dal", "buyer_email": "mae@example.com", "buyer_tel": "010-0000-0000"}
"""The fields that the default PG requires for a payment by card number."""

ORDER = {**CARD, **BUYER, "amount": 1000}

DUPLICATE = "이미 주문이 이루어진 건입니다."
NO_BUYER = "등록되지 않은 구매자입니다."
NO_CARD = "유효하지않은 카드번호를 입력하셨습니다."
NO_CERTIFICATION = "인증결과가 존재하지 않습니다."
NO_KEY = "로 등록된 정보를 찾을 수 없습니다."
NO_PAYMENT = "존재하지 않는 결제정보입니다."
NO_SCHEDULED_CUSTOMER = "등록된 고객정보가 없습니다."
NO_SCHEDULE = "취소할 예약결제 기록이 존재하지 않습니다."
NO_STATUS = "지원되지 않는 상태값입니다."
NOT_PREPARED = "사전등록된 결제정보가 존재하지 않습니다."
NOTHING_TO_CANCEL = "취소할 결제건이 존재하지 않습니다."
PREPARED_ALREADY = "이미 등록된 merchant_uid입니다"


@dataclass(frozen=True)
class Step:
    """One call of the client. A string `{name}` in its arguments stands for a value that an earlier step kept."""

    call: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    gives: Any = None
    """The expected return value: a dict names some of its fields, a list each element in order."""
    fails: dict[str, Any] | None = None
    """The expected error: `code` as the client reports it, a part of `message`, `type`."""
    keep: dict[str, str] = field(default_factory=dict)
    """Name → path in the return value, such as `response.imp_uid` or `0.imp_uid`."""


@dataclass(frozen=True)
class Aside:
    """An event outside the client: a call of the REST API or of a lever, or a payer in a window."""

    path: str
    body: dict[str, Any]
    keep: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """A payer approves a window with an instrument; the payment is kept as `name`."""

    name: str
    instrument: str
    params: dict[str, Any]


def does(call: str, *args: Any, gives: Any, keep: dict[str, str] | None = None, **kwargs: Any) -> Step:
    """Return a step that expects the client to return `gives`."""
    return Step(call, list(args), kwargs, gives=gives, keep=keep or {})


def fails(call: str, *args: Any, code: Any = None, message: str = "", type: str = "", **kwargs: Any) -> Step:
    """Return a step that expects the client to raise an error with these properties."""
    expected = {"code": code, "message": message, "type": type}
    return Step(call, list(args), kwargs, fails={name: value for name, value in expected.items() if value})


def certification(name: str) -> list[Aside]:
    """Return the steps that check a person's identity and keep the check as `name`."""
    person = {"name": "김매달", "phone": "010-0000-0000", "birth": "900101", "gender_digit": "1", "carrier": "SKT"}
    return [
        Aside("/certifications/otp/request", person, keep={name: "response.imp_uid"}),
        Aside(f"/certifications/otp/confirm/{{{name}}}", {"otp": "123456"}),
    ]


def virtual_account(name: str, merchant_uid: str) -> Aside:
    """Return the step that opens a virtual account without a deposit and keeps its payment as `name`."""
    order = {"merchant_uid": merchant_uid, **BUYER, "amount": 5000, **ACCOUNT}
    return Aside("/vbanks", order, keep={name: "response.imp_uid"})


ACCOUNT = {"pg": "tosspayments", "vbank_code": "03", "vbank_due": NOW + DAY, "vbank_holder": "Maedal"}
"""An account at a PG whose accounts need no `pg_api_key` to be closed: not every client can send one."""
