"""A text that only the sandbox would give can be turned off, so that no shop comes to depend on it (`own_texts`)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.conftest import Api

SANDBOX = Path(__file__).parents[2] / "sandbox"

ANSWERS = ("api", "rules", "products", "ledger", "merchants")
"""The packages whose refusals reach a shop."""

RECORDED = {
    "'Gateway Timeout'": "HTTP",
    "INTERNAL_ERROR": "HTTP",
    "TOO_MANY": "HTTP",
    "'Unauthorized'": "live bodies",
    "UNKNOWN_CREDENTIALS": "live bodies",
    "CREDENTIALS_MISSING": "live bodies",
    "NOT_FOUND": "payments: live bodies; identity checks: clients' tests; schedules: a client's test",
    "NO_SUCH_STATUS": "tests of iamporter",
    "NOT_REGISTERED": "tests of iamporter",
    "REGISTERED_ALREADY": "clients' tests",
    "UNSUPPORTED": "balance: a client's test",
    "DUPLICATE": "live bodies",
    "UNKNOWN_BUYER": "clients' tests",
    "NO_CUSTOMER": "clients' tests",
    "NOTHING_TO_REVOKE": "clients' tests",
    "NOTHING_TO_CANCEL": "clients' tests",
    "CANCELLED_ALREADY": "live bodies",
    "NO_API_BILLING": "a client's tests",
    "NO_PG": "the browser script",
    "f'요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다.'": "clients' tests",
    # Texts for tests, under /control
    "'no merchant has this code'": "not an answer to a shop",
    "'another merchant already uses this code or key'": "not an answer to a shop",
}
"""A message as the code spells it → who has seen it in the real service."""


def refusals() -> Iterator[tuple[str, str, set[str]]]:
    """Yield the place of each refusal, its message as the code spells it, and the names of its other arguments."""
    for package in ANSWERS:
        for file in sorted((SANDBOX / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Refused", "NotConfigured"):
                    message = ast.unparse(node.args[1]).rpartition(".")[2] or ast.unparse(node.args[1])
                    spelt = ast.unparse(node.args[1]) if message.endswith("'") else message
                    yield f"{file.name}:{node.lineno}", spelt, {str(keyword.arg) for keyword in node.keywords}


def test_a_refusal_whose_text_nobody_has_seen_says_so():
    unmarked = {
        (place, message)
        for place, message, others in refusals()
        if not others & {"ours", "detail"} and message not in RECORDED
    }

    assert unmarked == set()


def test_every_recorded_text_is_still_used():
    assert set(RECORDED) <= {message for _, message, _ in refusals()}


UNEXPLAINED = "요청을 처리할 수 없습니다."


@pytest.fixture
def plain(client) -> None:
    """The merchant wants no text of the sandbox's own."""
    client.post("/control/levers", json={"own_texts": False})


@pytest.mark.usefixtures("plain")
def test_only_our_part_of_a_text_is_left_out(api: Api):
    api.issue()
    api.charge("order-1", amount=1000)

    too_much = api.post("/payments/cancel", merchant_uid="order-1", amount=2000)
    turned_down = api.issue(card_number="4000-0000-0000-0002")
    unknown = api.post(
        "/subscribe/payments/schedule", customer_uid="card-2", schedules=[{}], card_number="1", expiry="1"
    )

    assert too_much.message == "결제취소에 실패하였습니다.(requested cancel amount is bigger than cancelable amount)"
    assert turned_down.message == f"카드정보 인증 및 빌키 발급에 실패하였습니다. {UNEXPLAINED}"
    assert unknown.message == UNEXPLAINED


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("params", [{"buyer_tel": ""}, {"merchant_uid": "prepared-1"}])
def test_a_window_too_leaves_it_out(api: Api, payer, params):
    api.post("/payments/prepare", merchant_uid="prepared-1", amount=1)

    refused = payer.open(**{"merchant_uid": "order-1", "customer_uid": "card-1", **params})

    assert (refused.json["error_code"], refused.json["error_msg"]) == ("F0004", f"F0004:{UNEXPLAINED}")
