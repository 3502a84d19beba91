"""The window of `IMP.certification`, without a browser: who may open it, what it accepts, what the shop receives."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.conftest import Api
from tests.sandbox.shop import LANDING, ORIGIN, Markup, action

PERSON = {"name": "김매달", "birth": "900101", "gender_digit": "1", "carrier": "SKT", "phone": "010-1234-5678",
          "otp": "123456"}  # fmt: skip


@pytest.fixture
def ask(client):
    """Return a function that posts what the script posts for `IMP.certification`, and returns the answer."""

    def ask(device: str = "pc", merchant_code: str = "imp00000000", **params):
        params = {"merchant_uid": "check-1", "m_redirect_url": LANDING, **params}
        call = {"merchant_code": merchant_code, "params": params, "device": device, "origin": ORIGIN}
        return client.post("/sdk/certifications", json=call)

    return ask


def result(answer) -> dict:
    return json.loads(Markup(answer.text).attribute("data-result")[0])


def test_the_person_in_the_window_is_known_over_rest(client, api, clock, ask):
    opened = ask().json
    waiting = api.get(f"/certifications/{opened['imp_uid']}").response
    clock.advance(60)

    received = result(client.post(action(opened["window_url"], "identify"), data=PERSON))

    known = api.get(f"/certifications/{opened['imp_uid']}").response
    assert received == {
        "success": True, "imp_uid": opened["imp_uid"], "merchant_uid": "check-1",
        "pg_provider": "danal", "pg_type": "certification",
    }  # fmt: skip
    assert (waiting["certified"], waiting["name"]) == (False, None)
    assert (known["certified"], known["certified_at"], known["merchant_uid"]) == (True, clock(), "check-1")
    assert (known["name"], known["birthday"], known["gender"]) == ("김매달", "1990-01-01", "male")
    assert (known["phone"], known["carrier"]) == ("01012345678", "SKT")


def test_a_window_knows_the_same_person_as_rest_does(client, api, ask):
    opened = ask().json
    client.post(action(opened["window_url"], "identify"), data=PERSON)
    other = api.post("/certifications/otp/request", **PERSON).response["imp_uid"]
    api.post(f"/certifications/otp/confirm/{other}", otp="123456")

    keys = {api.get(f"/certifications/{imp_uid}").response["unique_key"] for imp_uid in (opened["imp_uid"], other)}
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("birth", "900231"), ("gender_digit", "9"), ("carrier", "KTF"), ("phone", "1"), ("otp", "000000")],
)
def test_a_field_that_cannot_be_right_is_named_and_nothing_is_lost(client, api, ask, field, value):
    opened = ask().json

    answer = client.post(action(opened["window_url"], "identify"), data={**PERSON, field: value})

    page = Markup(answer.text)
    assert answer.status_code == 422
    assert page.attribute("role").count("alert") == 1
    assert PERSON["phone" if field != "phone" else "name"] in page.attribute("value")
    assert field == "carrier" or [tag["id"] for _, tag in page.tags if "aria-invalid" in tag] == [field]
    assert api.get(f"/certifications/{opened['imp_uid']}").response["certified"] is False


def test_a_person_who_gives_up_can_come_back_and_the_shop_learns_of_it(client, api, ask):
    opened = ask().json

    closed = result(client.post(action(opened["window_url"], "close")))

    assert (closed["success"], closed["imp_uid"], closed["merchant_uid"]) == (False, opened["imp_uid"], "check-1")
    assert closed["error_msg"] == "사용자가 본인인증을 취소하셨습니다"
    assert client.get(opened["window_url"]).status_code == 200
    assert api.get(f"/certifications/{opened['imp_uid']}").response["certified"] is False


def test_a_finished_check_says_so_again_whatever_is_sent(client, api, ask):
    opened = ask().json
    client.post(action(opened["window_url"], "identify"), data=PERSON)

    other = result(client.post(action(opened["window_url"], "identify"), data={**PERSON, "name": "다른 사람"}))

    assert other["success"] is True
    assert result(client.get(opened["window_url"]))["success"] is True
    assert result(client.post(action(opened["window_url"], "close")))["success"] is True
    assert api.get(f"/certifications/{opened['imp_uid']}").response["name"] == "김매달"


@pytest.mark.parametrize(("min_age", "success"), [(36, True), (37, True), (38, False)])
def test_a_shop_can_ask_for_an_age(client, ask, min_age, success):
    opened = ask(min_age=min_age).json  # it is 15 January 2027

    answer = client.post(action(opened["window_url"], "identify"), data=PERSON)

    assert ("data-result" in answer.text) is success
    assert ("38" in Markup(answer.text).text) is not success


def test_a_shop_cannot_tell_who_is_too_young_from_who_gives_up(client, api, ask):
    young, closed = ask(min_age=38).json, ask().json

    client.post(action(young["window_url"], "identify"), data=PERSON)
    answers = [result(client.post(action(opened["window_url"], "close"))) for opened in (young, closed)]

    assert len({json.dumps({**answer, "imp_uid": ""}) for answer in answers}) == 1
    assert api.get(f"/certifications/{young['imp_uid']}").response["certified"] is False


@pytest.mark.parametrize(
    ("carrier", "selected", "is_mvno"), [("SKT", 0, False), ("KTF", 1, False), ("LGT", 2, False), ("MVNO", None, True)]
)
def test_fields_begin_with_what_the_shop_knows(client, ask, carrier, selected, is_mvno):
    page = Markup(client.get(ask(name="홍길동", phone="01099998888", carrier=carrier).json["window_url"]).text)

    options = ["selected" in tag for name, tag in page.tags if name == "option"]
    assert {"홍길동", "01099998888"} <= set(page.attribute("value"))
    assert [place for place, chosen in enumerate(options) if chosen] == ([] if selected is None else [selected])
    assert bool(page.attribute("checked")) is is_mvno


@pytest.mark.parametrize("carrier", ["KT", "skt", "LGU", "SKT_MVNO"])
def test_a_carrier_that_the_script_does_not_know_opens_nothing(ask, carrier):
    refused = ask(carrier=carrier)

    assert (refused.status_code, refused.json["success"]) == (400, False)
    assert "SKT, KTF, LGT, MVNO" in refused.json["error_msg"]


@pytest.mark.parametrize("carrier", ["KTF", "MVNO", "skt", "LGU", "SKT_MVNO"])
def test_a_carrier_that_rest_does_not_know_is_refused(api, carrier):
    answer = api.post("/certifications/otp/request", **{**PERSON, "carrier": carrier})

    assert (answer.http, answer.code) == (400, -1)
    assert "SKT, KT, LGT" in answer.message


# The way back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "popup", "form"),
    [("pc", None, "popup"), ("pc", False, "popup"), ("mobile", None, "page"), ("mobile", True, "popup")],
)
def test_it_is_a_pop_up_on_pcs_and_a_page_on_phones_that_want_no_pop_up(ask, device, popup, form):
    assert ask(device, popup=popup).json["form"] == form


def test_a_lever_lays_it_over_the_page(client, ask):
    client.post("/control/levers", json={"certification_form": "layer"})

    opened = ask().json

    assert opened["form"] == "layer"
    assert Markup(client.get(opened["window_url"]).text).attribute("data-layout") == ["layer"]


@pytest.mark.parametrize("name", ["success", "imp_success"])
def test_a_phone_comes_back_with_the_result_in_the_query(client, ask, name):
    client.post("/control/levers", json={"certification_redirect": name})
    done, closed = (ask("mobile", m_redirect_url=f"{LANDING}?a=1").json for _ in range(2))

    well = client.post(action(done["window_url"], "identify"), data=PERSON).location
    badly = client.post(action(closed["window_url"], "close")).location

    assert well.startswith(f"{LANDING}?a=1&")
    assert parse_qs(urlsplit(well).query)[name] == ["true"]
    assert parse_qs(urlsplit(well).query)["imp_uid"] == [done["imp_uid"]]
    assert parse_qs(urlsplit(badly).query)[name] == ["false"]
    assert "error_msg" in parse_qs(urlsplit(badly).query)


def test_a_closed_pop_up_is_an_abandoned_check(client, ask):
    opened = ask().json

    closed = client.post(f"/sdk/certifications/{opened['imp_uid']}/close", json={"window_url": opened["window_url"]})

    assert (closed.status_code, closed.json["success"]) == (200, False)


# Refusals -------------------------------------------------------------------------------------------------


def test_an_unknown_shop_opens_nothing(ask):
    refused = ask(merchant_code="imp99999999")

    assert (refused.status_code, refused.json["success"], refused.json["error_code"]) == (400, False, "NOT_READY")
    assert refused.json["merchant_uid"] == "check-1"


@pytest.mark.parametrize(
    ("device", "params"),
    [("mobile", {"m_redirect_url": None}), ("mobile", {"m_redirect_url": "javascript:1"}), ("pc", {"min_age": "old"}),
     ("pc", {"merchant_uid": "a" * 41})],
)  # fmt: skip
def test_a_request_that_cannot_be_opens_nothing(ask, device, params):
    refused = ask(device, **params)

    assert (refused.status_code, refused.json["error_code"]) == (400, "F0004")


def test_a_shop_without_an_order_number_gets_one(ask, api):
    imp_uid = ask(merchant_uid=None).json["imp_uid"]

    assert api.get(f"/certifications/{imp_uid}").response["merchant_uid"].startswith("nobody_")


def test_the_window_is_not_found_without_its_secret(client, api, ask):
    opened = ask().json
    bare = opened["window_url"].split("?")[0]
    by_rest = api.post("/certifications/otp/request", **PERSON).response["imp_uid"]

    assert client.get(bare).status_code == 404
    assert client.post(f"{bare}/identify?k=0", data=PERSON).status_code == 404
    assert client.get(bare.replace(opened["imp_uid"], by_rest)).status_code == 404
    assert client.post(f"/sdk/certifications/{opened['imp_uid']}/close", json={}).status_code == 404


def test_a_code_over_rest_does_not_finish_a_window_without_a_person(api, ask):
    imp_uid = ask().json["imp_uid"]

    assert api.post(f"/certifications/otp/confirm/{imp_uid}", otp="123456").http == 400


# The person -----------------------------------------------------------------------------------------------


def identified(api, **person) -> tuple[str, str]:
    """Return `unique_key` and `unique_in_site` of a person who was identified over REST."""
    imp_uid = api.post("/certifications/otp/request", **{**PERSON, **person}).response["imp_uid"]
    known = api.post(f"/certifications/otp/confirm/{imp_uid}", otp="123456").response
    return known["unique_key"], known["unique_in_site"]


def test_a_person_with_another_phone_is_the_same_person(api):
    first = identified(api)

    assert identified(api, phone="010-9999-8888", carrier="KT", is_mvno=True) == first


@pytest.mark.parametrize("other", [{"name": "김달매"}, {"birth": "900102"}, {"gender_digit": "2"}])
def test_another_name_birthday_or_gender_is_another_person(api, other):
    assert not set(identified(api, **other)) & set(identified(api))


def test_another_merchant_knows_the_person_by_the_same_key_but_another_one_in_site(client, api):
    made = client.post("/control/merchants", json={}).json

    here, there = identified(api), identified(Api(client, made["key"], made["secret"]))

    assert here[0] == there[0]
    assert here[1] != there[1]
