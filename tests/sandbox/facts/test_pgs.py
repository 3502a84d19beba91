"""Every PG from its window to a later charge, on a PC and on a phone, with the peculiarities of each."""

import pytest

from sandbox.facts.pgs import PROFILES
from tests.sandbox.guides import DAY, GUIDES, Follower
from tests.sandbox.shop import sdk_call


@pytest.fixture
def shop(long_lived, request) -> Follower:
    return Follower(long_lived, GUIDES[request.param])


def shops(*ids: str):
    """Run a test once per guide id, with `shop` following that guide."""
    return pytest.mark.parametrize("shop", ids, indirect=True)


def test_every_profile_is_walked():
    assert {profile.id for profile in PROFILES} == set(GUIDES)


# From end to end ------------------------------------------------------------------------------------------


@shops(*GUIDES)
@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_every_pg_goes_from_its_window_to_a_charge(shop, device):
    guide = shop.guide
    opened = shop.open(device)
    result = shop.press(opened, "approve")
    issued = shop.payment(result["imp_uid"])
    shop.wait(30 * DAY)
    charged = shop.charge()

    form = getattr(guide, device)
    assert (opened.json["form"], opened.json["result"]) == (form, "redirect" if form == "page" else "callback")
    assert result["imp_uid"] == opened.json["imp_uid"]
    assert result["merchant_uid"] == "issue001"
    assert ("success" in result or "imp_success" in result) is (guide.payload == "full")
    assert "error_code" not in result

    assert (issued["status"], issued["customer_uid_usage"]) == ("paid", "issue")
    assert (issued["pg_provider"], issued["pay_method"]) == (guide.pg, guide.recorded or guide.pay_method)
    assert bool(issued["apply_num"]) is (guide.effect == "charged")

    assert (charged.code, charged.message) == (0, None)
    assert (charged.response["status"], charged.response["customer_uid_usage"]) == ("paid", "payment")
    assert (charged.response["pg_provider"], charged.response["pay_method"]) == (guide.pg, issued["pay_method"])


@shops(*GUIDES)
@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_every_window_says_what_becomes_of_the_amount(shop, device):
    window = shop.window(device)

    assert window.attribute("data-effect") == [shop.guide.effect]
    assert bool(window.attribute("data-shown")) is (device in shop.guide.hides)


@shops(*GUIDES)
def test_an_amount_of_zero_issues_only_a_key_or_is_refused(shop):
    opened = shop.open(amount=0)

    if shop.guide.zero == "refused":
        assert (opened.status_code, opened.json["error_code"]) == (400, "F0004")
        assert "amount" in opened.json["error_msg"]
    else:
        result = shop.press(opened, "approve")
        assert shop.payment(result["imp_uid"])["apply_num"] == ""
        assert shop.key().code == 0


@shops(*GUIDES)
@pytest.mark.parametrize("button", ["decline", "close"])
@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_every_failure_reaches_the_shop_with_ids_and_a_reason(shop, device, button):
    result = shop.press(shop.open(device), button)

    assert result["imp_uid"].startswith("imp_")
    assert result["error_msg"]
    if shop.guide.payload == "ids":
        assert set(result) <= {"imp_uid", "merchant_uid", "customer_uid", "error_code", "error_msg"}
        assert result["error_code"]
    else:
        assert result.get("success", result.get("imp_success")) in (False, "false")
    assert shop.key().http == 404


@shops("tosspayments")
def test_whether_closing_has_an_error_code_without_success_can_be_chosen(shop):
    shop.pull(closed_error_code=False)

    closed = shop.press(shop.open(), "close")
    declined = shop.press(shop.open(), "decline")

    assert "error_code" not in closed
    assert declined["error_code"]


# What the window requires ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shop", "device", "missing"),
    [
        ("inicis", "pc", "buyer_tel"),
        ("chai", "pc", "m_redirect_url"),
        ("paymentwall", "pc", "buyer_email"),
        ("paymentwall", "pc", "buyer_name"),
        ("naverpay", "pc", "buyer_tel"),
        ("naverpay", "pc", "naverProductCode"),
        ("naverpay", "pc", "naverProductCount"),
        ("tosspayments", "mobile", "m_redirect_url"),
        ("smartro-v2", "pc", "customer_id"),
        ("smartro-v2", "mobile", "m_redirect_url"),
        ("welcome-card", "pc", "pay_method"),
        ("welcome-card", "pc", "name"),
        ("welcome-card", "pc", "buyer_name"),
        ("welcome-card", "pc", "buyer_tel"),
        ("welcome-card", "mobile", "m_redirect_url"),
        ("welcome-phone", "pc", "digital"),
        ("welcome-phone", "pc", "buyer_name"),
        ("settle-acc", "pc", "pay_method"),
        ("tosspay-v2", "pc", "customer_id"),
        ("tosspay-v2", "mobile", "m_redirect_url"),
        ("paypal-rt", "pc", "pay_method"),
        ("paypal-rt", "pc", "customer_uid"),
        ("mobilians-v2-phone", "pc", "name"),
        ("mobilians-v2-card", "pc", "pay_method"),
        ("galaxia-card", "pc", "customer_id"),
        ("galaxia-card", "mobile", "m_redirect_url"),
        ("galaxia-phone", "pc", "customer_id"),
        ("payletter-global", "pc", "currency"),
        ("payletter-global", "pc", "buyer_email"),
        ("nice-v2-easypay", "pc", "buyer_tel"),
        ("nice-v2-easypay", "pc", "customer_id"),
        ("nice-v2-easypay", "mobile", "m_redirect_url"),
    ],
    indirect=["shop"],
)
def test_a_window_without_what_its_pg_demands_does_not_open(shop, device, missing):
    change = {"amount": 50, missing: None} if missing == "currency" else {missing: None}

    refusal = shop.open(device, **change)

    assert (refusal.status_code, refusal.json["error_code"]) == (400, "F0004")
    assert missing in refusal.json["error_msg"]
    assert refusal.json["imp_uid"] is None
    assert ("success" in refusal.json) is (shop.guide.payload == "full")


@shops("tosspayments", "smartro-v2", "welcome-card", "galaxia-card", "nice-v2-easypay", "tosspay-v2")
def test_a_way_back_that_only_phones_take_is_not_demanded_on_a_pc(shop):
    assert shop.open("pc", m_redirect_url=None).status_code == 201


@pytest.mark.parametrize(
    ("shop", "wrong"),
    [
        ("danal-card", {"pay_method": "phone"}),
        ("danal-phone", {"pay_method": "card"}),
        ("settle-acc", {"pay_method": "card"}),
        ("tosspay-v2", {"pay_method": "card"}),
        ("paypal-rt", {"pay_method": "card"}),
        ("nice-v2-easypay", {"pay_method": "card"}),
        ("naverpay", {"amount": 9}),
        ("mobilians-v2-phone", {"amount": 99}),
        ("smartro-v2", {"merchant_uid": "issue_001"}),
        ("payletter-global", {"merchant_uid": "issue-001"}),
        ("mobilians-v2-card", {"merchant_uid": "iss"}),
        ("smartro-v2", {"customer_id": "m" * 21}),
        ("galaxia-phone", {"customer_id": "m" * 21}),
        ("mobilians-v2-card", {"customer_id": "m" * 21}),
        ("tosspay-v2", {"customer_id": "m" * 51}),
        ("smartro-v2", {"currency": "USD"}),
        ("welcome-card", {"currency": "USD"}),
        ("payletter-global", {"currency": "EUR"}),
        ("nice-v2-easypay", {"name": "커피 50% 할인"}),
        ("nice-v2-easypay", {"name": "가" * 21}),
    ],
    indirect=["shop"],
)
def test_a_window_with_what_its_pg_cannot_take_does_not_open(shop, wrong):
    refusal = shop.open(**wrong)

    assert (refusal.status_code, refusal.json["error_code"]) == (400, "F0004")
    assert next(iter(wrong)) in refusal.json["error_msg"]


@shops("payco", "kakaopay", "naverpay", "smilepay", "payletter-global")
@pytest.mark.parametrize("pay_method", [None, "card", "trans", "anything"])
def test_a_pg_that_has_no_pay_method_ignores_it(shop, pay_method):
    imp_uid = shop.issue(pay_method=pay_method)

    assert shop.payment(imp_uid)["pay_method"] == "card"


@shops("payco", "kakaopay", "naverpay", "smilepay")
def test_what_a_wallet_records_as_pay_method_can_be_chosen(shop):
    shop.pull(wallet_method="point")

    imp_uid = shop.issue()

    assert shop.payment(imp_uid)["pay_method"] == "point"
    assert shop.charge().response["pay_method"] == "point"


@pytest.mark.parametrize(
    ("shop", "unsupported"),
    [
        ("kakaopay", {"vat_amount": 900}),
        ("welcome-card", {"tax_free": 900}),
        ("welcome-phone", {"period": {"interval": "1m"}}),
        ("mobilians-v2-card", {"vat_amount": 900}),
        ("payletter-global", {"pay_method": "card"}),
    ],
    indirect=["shop"],
)
@pytest.mark.parametrize(("strict", "status"), [(False, 201), (True, 400)])
def test_only_a_strict_sandbox_minds_what_a_pg_does_not_support(shop, unsupported, strict, status):
    shop.pull(strict=strict)

    assert shop.open(**unsupported).status_code == status


def test_pay_method_tells_two_products_of_one_pg_apart(long_lived):
    card, phone = (Follower(long_lived, GUIDES[guide]).window() for guide in ("galaxia-card", "galaxia-phone"))

    assert (card.attribute("data-effect"), phone.attribute("data-effect")) == (["shown"], ["charged"])
    assert "카드번호" in card.texts
    assert "휴대폰 번호" in phone.texts


@shops("kakaopay", "tosspayments", "welcome-phone")
def test_a_channel_key_takes_the_place_of_pg(shop):
    channels = shop.api.get("/users/pg").response
    key = next(channel["channel_key"] for channel in channels if channel["pg_provider"] == shop.guide.pg)

    imp_uid = shop.issue(pg=None, channelKey=key)

    assert shop.payment(imp_uid)["pg_provider"] == shop.guide.pg
    assert shop.open(merchant_uid="issue002", channelKey="channel-key-of-nobody").json["error_code"] == "NOT_READY"


# The result -----------------------------------------------------------------------------------------------


@shops("naverpay")
@pytest.mark.parametrize("device", ["pc", "mobile"])
@pytest.mark.parametrize(
    ("flag", "form", "result"),
    [
        (True, "popup", "callback"),
        (False, "page", "redirect"),
        ("true", "page", "redirect"),
        (None, "page", "redirect"),
    ],
)
def test_the_shop_chooses_naver_pay_s_way_back(shop, device, flag, form, result):
    opened = shop.open(device, naverPopupMode=flag)

    assert (opened.json["form"], opened.json["result"]) == (form, result)


@shops("payco")
def test_payco_opens_beside_the_page_when_asked_to(shop):
    assert shop.open("mobile", popup=True).json["form"] == "popup"


@shops("paypal-rt")
def test_paypal_is_opened_by_its_button_alone(shop):
    refusal = shop.client.post("/sdk/payments", json=sdk_call(pg="paypal_v2", pay_method="paypal"))

    assert "IMP.loadUI" in refusal.json["error_msg"]
    assert shop.client.get("/sdk/ui/paypal-rt").json == {"label": "PayPal"}
    assert shop.client.get("/sdk/ui/nobody").json == {"label": None}


@shops("inicis")
def test_a_button_of_paypal_opens_no_other_pg(shop):
    refusal = shop.client.post("/sdk/payments", json=sdk_call(ui_type="paypal-rt", pg="html5_inicis"))

    assert "IMP.request_pay" in refusal.json["error_msg"]


@pytest.mark.parametrize(
    ("shop", "status"), [("settle-acc", "ready"), ("mobilians-v2-card", "ready")], indirect=["shop"]
)
def test_a_pop_up_closed_by_its_frame_is_reported_like_any_other(shop, status):
    opened = shop.open()
    url = f"/sdk/payments/{opened.json['imp_uid']}/close"

    rsp = shop.client.post(url, json={"window_url": opened.json["window_url"]}).json

    assert (rsp["success"], rsp["error_msg"]) == (False, "사용자가 결제를 취소하셨습니다")
    assert shop.payment(opened.json["imp_uid"])["status"] == status
    assert shop.client.post(url, json={"window_url": "http://localhost/?k=guessed"}).status_code == 404
    assert shop.client.post(url, json=[]).status_code == 404
    assert shop.client.post(url, json={"window_url": "http://["}).status_code == 404


@shops("mobilians-v2-phone")
def test_a_pop_up_closed_after_its_approval_is_still_approved(shop):
    opened = shop.open()
    shop.press(opened, "approve")

    url = f"/sdk/payments/{opened.json['imp_uid']}/close"
    rsp = shop.client.post(url, json={"window_url": opened.json["window_url"]}).json

    assert rsp["success"] is True
