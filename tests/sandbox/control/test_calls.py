"""`GET /control/calls`: what a shop called, as its tests ask for it."""

import pytest

from sandbox import wirelog
from sandbox.openapi.description import LEVERS
from sandbox.wirelog import masking

CARD = "4242-4242-4242-4242"


@pytest.fixture
def listed(client):
    """A function that returns the calls that match, as the lever answers them."""

    def listed(**filters: object) -> list[dict]:
        answer = client.get("/control/calls", query_string=filters)
        assert answer.status_code == 200, answer.text
        return answer.json["calls"]

    return listed


def paths(calls: list[dict]) -> list[str]:
    return [call["path"] for call in calls]


def test_a_call_is_listed_with_both_bodies_and_how_long_it_took(api, listed):
    api.charge("order-1", customer_uid="nobody")

    call = listed(merchant_uid="order-1")[0]
    assert (call["kind"], call["method"], call["status"], call["code"]) == ("rest", "POST", 200, 1)
    assert call["request"]["merchant_uid"] == "order-1"
    assert call["response"]["message"] == call["message"] == "등록되지 않은 구매자입니다."
    assert set(call["ids"]) == {"order-1", "nobody"}
    assert call["began"] > 1_700_000_000
    assert call["ms"] >= 0


def test_every_filter_narrows_and_the_oldest_comes_first(api, payer, listed):
    payer.approve(payer.open(merchant_uid="order-1", customer_uid="card-1"), CARD)
    api.charge("order-2", customer_uid="card-1")
    api.send("GET", "/payments/imp_unknown")

    assert paths(listed(customer_uid="card-1"))[-1] == "/subscribe/payments/again"
    assert paths(listed(kind="sdk")) == ["/sdk/payments"]
    assert paths(listed(method="get")) == ["/payments/imp_unknown"]
    assert paths(listed(path="/payments/imp", status=404)) == ["/payments/imp_unknown"]
    assert paths(listed(imp_uid="imp_unknown", method="POST")) == []
    assert len(listed(any_id="order-2, imp_unknown")) == 2
    assert listed(limit=1) == listed()[-1:]


def test_after_the_last_one_only_what_is_new_is_listed(api, client, listed):
    api.charge("order-1", customer_uid="nobody")
    last = client.get("/control/calls").json["last"]

    assert client.get("/control/calls", query_string={"after": last}).json == {"calls": [], "last": last}

    api.charge("order-2", customer_uid="nobody")
    assert paths(listed(after=last)) == ["/subscribe/payments/again"]


def test_calls_are_listed_by_a_group_of_statuses_and_the_newest_first_on_demand(api, listed):
    api.send("GET", "/payments/imp_unknown")
    api.charge("order-1", customer_uid="nobody")

    assert paths(listed(status="4xx")) == paths(listed(status="4XX")) == ["/payments/imp_unknown"]
    assert paths(listed(status="5xx")) == []
    assert listed(order="newest") == listed()[::-1]
    assert listed(order="newest", limit=1) == listed(limit=1)


def test_calls_are_listed_by_the_time_of_the_computer(api, listed):
    api.send("GET", "/payments/imp_first")
    api.send("GET", "/payments/imp_second")
    began = listed()[-1]["began"]

    assert paths(listed(since=began)) == ["/payments/imp_second"]
    assert paths(listed(until=began))[-1] == "/payments/imp_first"


def test_a_percent_sign_in_a_path_is_no_wildcard(api, listed):
    api.send("GET", "/payments/imp_unknown")

    assert listed(path="/%") == []


@pytest.mark.parametrize(
    "filters",
    [
        {"kind": "fax"},
        {"after": "x"},
        {"limit": 301},
        {"any_id": ",".join("a" * 101)},
        *({"status": status} for status in ("4x", "6xx", "teapot", "4xx ", "٤xx")),
        {"since": "yesterday"},
        {"until": -1},
        {"order": "random"},
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(client, filters):
    refused = client.get("/control/calls", query_string=filters)

    assert refused.status_code == 400
    assert next(iter(filters)) in refused.json["error"]


@pytest.mark.parametrize("call", [operation for operation in LEVERS if operation.method == "GET"], ids=lambda o: o.id)
def test_an_unknown_filter_is_refused_with_the_names_of_the_known_ones(client, api, call):
    api.issue()
    ids = {"imp_uid": api.charge("order-1").response["imp_uid"], "code": "imp00000000", "customer_uid": "card-1"}

    refused = client.get(call.path.format(**ids), query_string={"merchantuid": "order-1"})

    known = ", ".join(sorted(field.name for field in call.query)) or "no fields"
    assert refused.status_code == 400
    assert refused.json["error"] == f"{call.call} does not accept merchantuid; it accepts {known}"


def test_no_secret_and_no_whole_card_is_listed(api, client, payer):
    api.issue(card_number=CARD, birth="900101")
    payer.approve(payer.open(merchant_uid="order-1", customer_uid="card-2"), CARD)

    answer = client.get("/control/calls").text

    token = api.headers["Authorization"]
    assert [
        secret for secret in ("sandbox_secret", token, CARD, "4242424242424242", "900101") if secret in answer
    ] == []
    assert masking.number(CARD) in answer


def test_another_merchants_calls_are_not_listed(api, client, listed):
    client.post("/control/merchants", json={"code": "imp_other"})
    api.charge("order-1", customer_uid="nobody")

    assert listed(merchant_code="imp_other", merchant_uid="order-1") == []
    assert len(listed(merchant_uid="order-1")) == 1


def test_webhooks_are_listed_by_any_id_and_with_the_computers_time(api, client, receiver):
    api.issue()
    imp_uid = api.charge("order-1", notice_url=receiver.url).response["imp_uid"]
    receiver.next()
    client.get("/control/idle?wait=10")

    for any_id in ("order-1", imp_uid, f"other,{imp_uid}"):
        (delivery,) = client.get("/control/webhooks/deliveries", query_string={"any_id": any_id}).json["deliveries"]
        assert delivery["attempts"][0]["began"] > 1_700_000_000
    assert client.get("/control/webhooks/deliveries?any_id=order-2").json["deliveries"] == []


def test_as_many_calls_can_be_listed_as_are_kept(client):
    assert client.get(f"/control/calls?limit={wirelog.KEPT}").status_code == 200
