"""What a shop may send, and in which spellings: nested forms, long texts, wrong numbers and words."""

import pytest
from werkzeug.test import TestResponse

from sandbox.api.body import unfold
from sandbox.api.limits import TEXTS
from sandbox.wire.parameters import Malformed
from tests.sandbox.conftest import Api, opened


@pytest.mark.parametrize(
    ("pairs", "meant"),
    [
        ([("a", "1"), ("b", "2")], {"a": "1", "b": "2"}),
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[]", "1")], {"a": ["1"]}),
        ([("a[1]", "2"), ("a[0]", "1")], {"a": ["1", "2"]}),
        ([("a[10]", "ten"), ("a[9]", "nine")], {"a": ["nine", "ten"]}),
        ([("a[b]", "1"), ("a[c]", "2")], {"a": {"b": "1", "c": "2"}}),
        ([("a[0][b]", "1"), ("a[0][c]", "2"), ("a[1][b]", "3")], {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ([("a[0][b][c]", "1")], {"a": [{"b": {"c": "1"}}]}),
        ([("a", "1"), ("a[b]", "2")], {"a": "1"}),
        ([("a[b]", "2"), ("a", "1")], {"a": "1"}),
        ([("a[", "1")], {"a": "1"}),
        ([("[]", "1")], {"0": ["1"]}),
        ([("a[99999999999]", "1")], {"a": {"99999999999": "1"}}),
        ([("a[１]", "1")], {"a": {"１": "1"}}),
    ],
)
def test_names_with_brackets_mean_lists_and_objects(pairs, meant):
    assert unfold(pairs) == meant


def test_a_form_that_nests_without_end_is_malformed():
    with pytest.raises(Malformed):
        unfold([("a" + "[b]" * 1000, "1")])


def test_a_schedule_may_come_as_a_form(api, clock):
    api.issue()
    form = {
        "customer_uid": "card-1",
        "schedules[0][merchant_uid]": "later-1",
        "schedules[0][schedule_at]": str(clock() + 60),
        "schedules[0][amount]": "9900",
        "schedules[1][merchant_uid]": "later-2",
        "schedules[1][schedule_at]": str(clock() + 120),
        "schedules[1][amount]": "9900",
    }

    answer = opened(api.client.post("/subscribe/payments/schedule", data=form, headers=api.headers))

    assert [schedule["merchant_uid"] for schedule in answer.response] == ["later-1", "later-2"]


def posted(api: Api, path: str, body: str) -> TestResponse:
    return api.client.post(path, data=body, content_type="application/json", headers=api.headers)


@pytest.mark.parametrize("deep", ['{"a":' * 99 + "1" + "}" * 99, "[" * 99 + "]" * 99])
def test_custom_data_may_be_deep(api, deep):
    api.issue()
    body = f'{{"customer_uid": "card-1", "merchant_uid": "order-1", "amount": 1, "name": "a", "custom_data": {deep}}}'

    answer = posted(api, "/subscribe/payments/again", body)

    assert opened(answer).response["status"] == "paid"


@pytest.mark.parametrize("levels", [100, 960, 100_000])
def test_json_that_nests_without_end_is_malformed(api, levels):
    paths = ("/subscribe/payments/again", "/control/levers", "/sdk/payments", "/sdk/certifications")

    answers = [posted(api, path, '{"custom_data": ' + "[" * levels + "]" * levels + "}") for path in paths]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert opened(answers[0]).code == -1
    assert answers[1].json["error"] == opened(answers[0]).message
    assert answers[2].json["error_code"] == answers[3].json["error_code"] == "F0004"


@pytest.mark.parametrize(("levels", "http"), [(97, (200, 201)), (955, (400, 400)), (970, (400, 400))])
def test_what_can_be_read_can_be_kept(api, clock, levels, http):
    api.issue()
    deep = "[" * levels + "]" * levels
    entry = f'{{"merchant_uid": "later-1", "schedule_at": {clock() + 60}, "amount": 9900, "bypass": {deep}}}'
    params = f'{{"pg": "jtnet", "merchant_uid": "order-1", "amount": 9900, "name": "원두", "bypass": {deep}}}'

    scheduled = posted(api, "/subscribe/payments/schedule", f'{{"customer_uid": "card-1", "schedules": [{entry}]}}')
    window = posted(api, "/sdk/payments", f'{{"merchant_code": "imp00000000", "params": {params}}}')

    assert (scheduled.status_code, window.status_code) == http


@pytest.mark.parametrize(
    "path", ["/users/getToken", "/subscribe/payments/again", "/payments/cancel", "/payments/prepare", "/control/levers"]
)
def test_a_number_out_of_range_is_malformed(api, path):
    answer = posted(api, path, '{"latency": 1e99999999999999999999999}')

    assert answer.status_code == 400
    assert "JSON" in answer.json.get("message", answer.json.get("error"))


# Lengths --------------------------------------------------------------------------------------------------

OF_A_CHARGE = [name for name in TEXTS if name == "name" or name.startswith("buyer_")]
OF_A_KEY = [name for name in TEXTS if name.startswith("customer_")]


def pull(api, **levers):
    assert api.client.post("/control/levers", json=levers).status_code == 200


@pytest.mark.parametrize("name", OF_A_CHARGE)
def test_text_as_long_as_it_may_be_is_kept(api, name):
    api.issue()

    payment = api.charge("order-1", **{name: "가" * TEXTS[name]}).response

    assert payment[name] == "가" * TEXTS[name]


@pytest.mark.parametrize("name", OF_A_CHARGE)
def test_longer_text_is_malformed(api, name):
    api.issue()

    answer = api.charge("order-1", **{name: "가" * (TEXTS[name] + 1)})

    assert (answer.http, answer.code, answer.response) == (400, -1, None)
    assert name in answer.message


@pytest.mark.parametrize("name", OF_A_KEY)
def test_longer_text_of_a_key_is_malformed(api, name):
    assert api.issue(**{name: "x" * TEXTS[name]}).response[name] == "x" * TEXTS[name]
    assert api.issue(**{name: "x" * (TEXTS[name] + 1)}).http == 400


@pytest.mark.parametrize(("how", "kept"), [("cut", 40), ("keep", 50)])
def test_a_lever_cuts_longer_text_or_keeps_it(api, how, kept):
    api.issue()
    pull(api, long_text=how)

    assert api.charge("order-1", name="x" * 50).response["name"] == "x" * kept


@pytest.mark.parametrize("how", ["refuse", "cut", "keep"])
def test_an_id_is_never_cut(api, how):
    api.issue()
    pull(api, long_text=how)

    assert api.charge("x" * 41).http == 400


def test_the_text_of_a_schedule_is_held_to_the_same_lengths(api, clock):
    api.issue()
    later = {"merchant_uid": "later-1", "schedule_at": clock() + 60, "amount": 9900, "name": "x" * 41}

    answer = api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[later])

    assert answer.http == 400


# Values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["maybe", 2, 1.5, [], {}, "yes"])
@pytest.mark.parametrize("name", ["interest_free_by_merchant", "use_card_point"])
def test_what_is_neither_true_nor_false_is_malformed(api, name, value):
    api.issue()

    assert api.charge("order-1", **{name: value}).http == 400


@pytest.mark.parametrize("value", [True, False, None, "", "true", "False", 1, "0"])
def test_true_and_false_have_many_spellings(api, value):
    api.issue()

    assert api.charge("order-1", use_card_point=value).http == 200


@pytest.mark.parametrize("value", ["three", 1.5, -1, 37, "1e9999", True, [3]])
def test_months_are_a_small_whole_number(api, value):
    api.issue()

    assert api.charge("order-1", amount=90_000, card_quota=value).http == 400


@pytest.mark.parametrize(
    "fields", [{"tax_free": 9901}, {"vat_amount": 9901}, {"tax_free": 5000, "vat_amount": 5000}, {"tax_free": -1}]
)
def test_tax_is_a_part_of_the_amount(api, fields):
    api.issue()

    assert api.charge("order-1", **fields).http == 400


# Assumptions ----------------------------------------------------------------------------------------------


def test_a_malformed_field_may_answer_http_200(api):
    pull(api, malformed_http="200")

    answer = api.charge("order-1", amount="a lot")

    assert (answer.http, answer.code, answer.response) == (200, -1, None)


def test_an_unknown_key_may_answer_http_200(api):
    pull(api, unknown_key_http="200")

    assert api.get("/subscribe/customers/nobody")[:2] == (200, 1)
    assert api.send("DELETE", "/subscribe/customers/nobody")[:2] == (200, 1)


def test_errors_may_explain_nothing(api):
    pull(api, own_texts=False)

    malformed = api.charge("order-1", amount="a lot")
    api.issue()
    api.charge("order-1")
    differs = api.post("/payments/cancel", merchant_uid="order-1", checksum=1)
    known = api.charge("order-1")

    assert malformed.message == differs.message == "요청을 처리할 수 없습니다."
    assert known.message.startswith("이미 주문이 이루어진 건입니다.")


def test_the_issue_of_a_key_may_be_cancelled(api, payer):
    imp_uid = payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), "4242-4242-4242-4242")
    pull(api, cancel_issue=True)

    assert api.post("/payments/cancel", imp_uid=imp_uid).response["status"] == "cancelled"
