"""What the sandbox answers to a shop that sends a value of the official documents as it stands there."""

import pytest

from sandbox.facts import placeholders
from tests.sandbox.shop import sdk_call

NO_PG = "등록 된 PG 설정 정보를 찾을 수 없습니다."
DEMO_ACCOUNT = {"ko": "차이 공식 데모 계정의 가맹점 식별코드", "en": "the merchant code of CHAI's own demo account"}
OLD_WINDOW = {"ko": "옛 문서에 적힌 ActiveX 결제창", "en": "how old documents name the ActiveX window"}
IN_BRACES = {"ko": "중괄호로 묶은 부분", "en": "The part in braces is a placeholder"}
languages = pytest.mark.parametrize("language", ["ko", "en"])


def refusal_of(client, language, *, merchant_code="", path="/sdk/payments", **params):
    call = sdk_call(language=language, **params)
    answer = client.post(path, json={**call, "merchant_code": merchant_code or call["merchant_code"]})
    assert answer.status_code == 400
    return answer.get_json()


@languages
@pytest.mark.parametrize("path", ["/sdk/payments", "/sdk/certifications"])
def test_the_demonstrations_merchant_code_is_explained(client, language, path):
    refusal = refusal_of(client, language, merchant_code="imp37739582", path=path)

    assert refusal["error_code"].startswith("NOT_READY")
    assert NO_PG in refusal["error_msg"]
    assert DEMO_ACCOUNT[language] in refusal["error_msg"]
    assert "2024" in refusal["error_msg"]


@languages
@pytest.mark.parametrize(
    ("pg", "says"),
    [
        ("inicis.{MID}", OLD_WINDOW),
        ("inicis.{상점아이디}", OLD_WINDOW),
        ("html5_inicis.{MID}", IN_BRACES),
        ("chai.{public_key}", IN_BRACES),
    ],
)
def test_a_placeholder_in_pg_is_explained(client, language, pg, says):
    refusal = refusal_of(client, language, pg=pg)

    assert refusal["error_code"] == "NOT_READY"
    assert refusal["error_msg"].startswith(NO_PG)
    assert says[language] in refusal["error_msg"]


@languages
def test_the_api_explains_a_placeholder_too(api, client, language):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language

    answer = api.issue(pg="inicis.{MID}")

    assert (answer.http, answer.code) == (200, -1)
    assert OLD_WINDOW[language] in answer.message


def test_a_shop_that_wants_the_services_own_texts_gets_no_explanation(api, client):
    client.post("/control/levers", json={"own_texts": False})

    assert api.issue(pg="inicis.{MID}").message == NO_PG


@pytest.mark.parametrize("value", ["", "imp00000000", "imp377395820", "html5_inicis.INIBillTst", "inicis", "nobody"])
def test_any_other_value_is_no_placeholder(value):
    assert placeholders.find(value) is None


def test_a_longer_refusal_still_fits_where_shops_store_it():
    texts = [text for one in placeholders.PLACEHOLDERS for text in (one.says_ko, one.says_en)]

    assert max(map(len, texts)) < 250
