"""Codes, the merchant's PGs, balances, parcels, and the certainty of each behaviour."""

import pytest

from sandbox.facts.fidelity import BEHAVIOURS
from sandbox.facts.instruments import INSTRUMENTS
from sandbox.merchants import levers
from tests.sandbox.conftest import Api
from tests.sandbox.openapi.parcels import DELIVERY, PARCEL


@pytest.mark.parametrize(("kind", "code", "name"), [("cards", "041", "우리카드"), ("banks", "004", "국민은행")])
def test_codes_are_strings_with_their_zeros(api, kind, code, name):
    assert {"code": code, "name": name} in api.get(f"/{kind}").response
    assert api.get(f"/{kind}/{code}").response == {"code": code, "name": name}
    assert api.get(f"/{kind}/{int(code)}")[:2] == (404, -1)


def test_every_instrument_is_of_a_company_that_has_a_code(api):
    names = {one["code"]: one["name"] for one in [*api.get("/cards").response, *api.get("/banks").response]}

    for instrument in INSTRUMENTS:
        if instrument.family in ("card", "account"):
            assert names[instrument.issuer_code] == instrument.issuer


def test_the_merchants_pgs_are_listed_as_they_can_be_used(client):
    made = client.post("/control/merchants", json={"channels": ["jtnet.MyShop", "chai"]}).json
    settings = Api(client, made["key"], made["secret"]).get("/users/pg").response

    listed = [(setting["pg_provider"], setting["pg_id"], setting["type"]) for setting in settings]
    assert listed == [
        ("jtnet", "MyShop", "payment"),
        ("jtnet", "MyShop", "api_payment"),
        ("chai", "chai_sandbox", "payment"),
    ]
    assert all(setting["sandbox"] and setting["channel_key"].startswith("channel-key-") for setting in settings)


# Balance --------------------------------------------------------------------------------------------------


def test_a_balance_reports_supply_and_tax_net_of_cancels(api, clock):
    api.issue(pg="kcp_billing")
    imp_uid = api.charge("order-1", amount=12_100, tax_free=1100).response["imp_uid"]
    clock.advance(60)
    api.post("/payments/cancel", imp_uid=imp_uid, amount=2200)

    balance = api.get(f"/payments/{imp_uid}/balance").response

    nothing = {"tax_free": 0, "supply": 0, "vat": 0, "service": 0}
    assert (balance["amount"], balance["secondary"], balance["discount"]) == (12_100, nothing, nothing)
    assert balance["primary"] == {"tax_free": 1100, "supply": 8000, "vat": 800, "service": 0}
    assert [(change["created"], change["primary"]["supply"]) for change in balance["histories"]] == [
        (clock() - 60, 10_000),
        (clock(), -2000),
    ]


def test_a_shop_may_fix_the_tax_itself(api):
    api.issue(pg="kcp_billing")
    imp_uid = api.charge("order-1", amount=10_000, vat_amount=0).response["imp_uid"]

    balance = api.get(f"/payments/{imp_uid}/balance").response

    assert balance["primary"] == {"tax_free": 0, "supply": 10_000, "vat": 0, "service": 0}


def test_other_pgs_report_no_balance(api):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    answer = api.get(f"/payments/{imp_uid}/balance")

    assert (answer.http, answer.response) == (200, None)
    assert answer.code != 0
    assert answer.message.startswith("(현재는 PAYCO, KCP만 지원됩니다)")
    assert api.get("/payments/imp_0/balance") == (404, -1, "존재하지 않는 결제정보입니다.", None)


# Parcels of Paymentwall -----------------------------------------------------------------------------------


@pytest.fixture
def sold(api) -> dict[str, str]:
    """Return the ids of a payment through Paymentwall."""
    api.issue(pg="paymentwall", cvc="123", customer_email="mae@example.com")
    payment = api.charge("order-1", currency="KRW", buyer_email="mae@example.com", browser_ip="192.0.2.1").response
    return {"imp_uid": payment["imp_uid"], "merchant_uid": "order-1"}


@pytest.mark.parametrize("delivery", [DELIVERY, PARCEL], ids=["digital", "physical"])
def test_paymentwall_takes_a_delivery(api, sold, delivery):
    assert api.post("/paymentwall/delivery", **sold, **delivery).response == {"success": 1}


@pytest.mark.parametrize("missing", [*DELIVERY, "imp_uid", "merchant_uid"])
def test_a_delivery_needs_all_of_it(api, sold, missing):
    answer = api.post("/paymentwall/delivery", **{**sold, **DELIVERY, missing: None})

    assert (answer.http, answer.code) == (400, -1)


@pytest.mark.parametrize("missing", sorted(set(PARCEL) - set(DELIVERY)))
def test_goods_need_a_carrier_and_an_address(api, sold, missing):
    assert api.post("/paymentwall/delivery", **{**sold, **PARCEL, missing: None}).http == 400


def test_a_delivery_of_another_merchants_payment_is_refused(api):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    assert api.post("/paymentwall/delivery", imp_uid=imp_uid, merchant_uid="order-1", **DELIVERY)[:2] == (200, -1)


# Fidelity -------------------------------------------------------------------------------------------------


def test_the_registry_is_served(client):
    behaviours = client.get("/control/fidelity").json["behaviours"]

    assert [behaviour["id"] for behaviour in behaviours] == [behaviour.id for behaviour in BEHAVIOURS]
    assert set(behaviours[0]) == {"id", "title_ko", "title_en", "certainty", "source", "source_ko", "switch"}


def test_no_two_behaviours_have_the_same_id():
    ids = [behaviour.id for behaviour in BEHAVIOURS]

    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.id)
def test_a_behaviour_says_how_sure_we_are_and_what_is_assumed_has_a_switch(behaviour):
    assert behaviour.certainty in ("documented", "recorded", "assumed")
    assert behaviour.title_ko
    assert behaviour.title_en
    assert behaviour.source
    assert behaviour.source_ko
    assert behaviour.switch is None or behaviour.switch in levers.LEVERS
    assert behaviour.switch is not None or behaviour.certainty != "assumed"
