"""Keys as each PG issues them in its window: for which amount, to whom, and with what recorded."""

import pytest

from tests.sandbox.guides import GUIDES
from tests.sandbox.rules.conftest import shops
from tests.sandbox.shop import APPROVED, Markup, action

# The amount -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shop", "amount", "shown"), [("galaxia-card", 0, "1,000원"), ("galaxia-card", 9900, "9,900원")], indirect=["shop"]
)
def test_galaxia_shows_a_thousand_won_for_nothing(shop, amount, shown):
    assert shown in shop.window(amount=amount).texts


@shops("galaxia-card", "tosspay-v2", "smartro-v2", "nice-v2-easypay")
def test_an_amount_that_may_be_left_out_is_zero(shop):
    imp_uid = shop.issue(amount=None)

    assert shop.payment(imp_uid)["amount"] == 0


@shops("paypal-rt")
def test_paypal_records_zero_whatever_was_requested(shop):
    imp_uid = shop.issue(amount=9900)

    assert shop.payment(imp_uid)["amount"] == 0


@shops("danal-card")
def test_danal_takes_ten_won_to_try_the_card_and_refunds_them(shop):
    window = shop.window(amount=0)
    imp_uid = shop.issue(amount=0)
    taken = shop.known_to_pg(imp_uid)["probe"]
    issued_at = shop.payment(imp_uid)["paid_at"]
    shop.wait(30 * 60)

    assert any("10원" in text for text in window.texts)
    assert taken == {"amount": 10, "currency": "KRW", "status": "paid", "cancelled_at": 0}
    assert shop.known_to_pg(imp_uid)["probe"]["status"] == "cancelled"
    assert shop.known_to_pg(imp_uid)["probe"]["cancelled_at"] == issued_at + 30 * 60


@pytest.mark.parametrize(("shop", "amount"), [("danal-card", 9900), ("kicc", 0), ("jtnet", 0)], indirect=["shop"])
def test_no_other_pg_tries_a_card_out(shop, amount):
    imp_uid = shop.issue(amount=amount)

    assert shop.known_to_pg(imp_uid)["probe"] is None


@shops("smilepay", "nice-v2-easypay")
@pytest.mark.parametrize(
    ("rule", "amount", "charged"),
    [
        ("never", 9900, False),
        ("if_positive", 9900, True),
        ("if_positive", 0, False),
        ("always", 9900, True),
    ],
)
def test_a_lever_decides_what_no_document_says(shop, rule, amount, charged):
    shop.pull(undocumented_charge=rule)

    imp_uid = shop.issue(amount=amount)

    assert bool(shop.payment(imp_uid)["apply_num"]) is charged


# Whose key it is ------------------------------------------------------------------------------------------


@shops("mobilians-v2-phone", "mobilians-v2-card")
def test_a_mid_without_billing_rights_takes_the_money_and_makes_no_key(shop):
    imp_uid = shop.issue(pg="mobilians_v2.NOBILLING")

    payment = shop.payment(imp_uid)
    assert (payment["status"], payment["customer_uid"], payment["customer_uid_usage"]) == ("paid", None, None)
    assert payment["apply_num"]
    assert shop.key().http == 404


@shops("paypal-rt")
def test_paypal_tells_nothing_of_what_the_buyer_pays_with(shop):
    shop.issue()

    key = shop.key().response
    charge = shop.charge().response
    assert (key["card_name"], key["card_number"], key["card_type"]) == (None, None, None)
    assert (charge["card_name"], charge["card_number"]) == (None, None)


@pytest.mark.parametrize(
    ("shop", "customer_id", "kept"),
    [("smartro-v2", "matthew", "matthew"), ("tosspayments", "matthew", "matthew"), ("kicc", None, None)],
    indirect=["shop"],
)
def test_a_key_keeps_its_customer_id(shop, customer_id, kept):
    shop.issue(customer_id=customer_id)

    assert shop.key().response["customer_id"] == kept


@shops("tosspayments")
def test_toss_payments_makes_a_customer_id_up_where_there_is_none(shop):
    shop.issue(customer_id=None)

    assert shop.key().response["customer_id"]


@shops("mobilians-v2-card")
@pytest.mark.parametrize(("amount", "status"), [(0, 400), (9900, 201)])
def test_a_customer_id_is_demanded_of_a_key_without_a_charge(shop, amount, status):
    assert shop.open(amount=amount, customer_id=None).status_code == status


@shops("smartro-v2")
def test_smartro_checks_who_a_new_customer_is_and_never_twice(shop):
    steps = [("cid-a", "key-a", True), ("cid-a", "key-b", False), ("cid-a", "key-a", False), ("cid-b", "key-c", True)]

    for number, (customer_id, customer_uid, checked) in enumerate(steps):
        opened = shop.open(merchant_uid=f"issue{number}", customer_id=customer_id, customer_uid=customer_uid)
        url = opened.json["window_url"]
        without = shop.client.post(action(url, "approve"), data={"number": APPROVED})

        assert ("본인인증" in Markup(shop.client.get(url).text).texts) is checked
        assert (without.status_code == 422) is checked
        assert ("identity-code" in invalid(without.text)) is checked
        shop.press(opened, "approve")


@shops("smartro-v2")
@pytest.mark.parametrize("language", ["en", "ko", None])
def test_smartro_s_window_speaks_korean_alone(shop, language):
    window = shop.window(language=language)

    assert window.attribute("lang") == ["ko"]


@pytest.mark.parametrize(
    ("shop", "query", "http"),
    [
        ("naverpay", "", 400),
        ("naverpay", "?reason=moved", 400),
        ("naverpay", "?reason=moved&extra[requester]=customer", 200),
        ("nice-v2-easypay", "", 400),
        ("nice-v2-easypay", "?reason=moved", 200),
        ("kakaopay", "", 200),
    ],
    indirect=["shop"],
)
def test_some_pgs_want_to_know_why_a_key_is_deleted(shop, query, http):
    shop.issue()

    assert shop.api.send("DELETE", f"/subscribe/customers/key-1{query}").http == http


# The channels ---------------------------------------------------------------------------------------------


@shops("inicis")
def test_a_merchant_has_the_same_channels_every_time(shop):
    first, second = (shop.api.get("/users/pg").response for _ in range(2))

    assert first == second
    assert {channel["pg_provider"] for channel in first} == {guide.pg for guide in GUIDES.values()}
    assert len({channel["channel_key"] for channel in first}) == len({guide.pg for guide in GUIDES.values()})
    assert all(len(channel["channel_key"]) <= 55 for channel in first)


def invalid(html: str) -> list[str | None]:
    """Return the ids of the fields that a page marks as wrong."""
    return [attributes.get("id") for _, attributes in Markup(html).tags if attributes.get("aria-invalid") == "true"]
