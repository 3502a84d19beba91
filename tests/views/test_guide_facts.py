"""Every fact of the five documents stands on its guide's page and in its Markdown, in both languages.

A row is a fact: the guides it belongs to, and the words of the Korean and of the English page that state it. The five
documents are those of iamport-manual: KG Inicis, JTNet and CHAI in Korean, Paymentwall in Korean and in English.
"""

import re
from html import unescape

import pytest

INICIS, JTNET, CHAI, PAYMENTWALL = GUIDES = ("inicis", "jtnet", "chai", "paymentwall")
MANUAL = "https://github.com/iamport/iamport-manual/blob/master/"
KOREAN = f"{MANUAL}%EB%B9%84%EC%9D%B8%EC%A6%9D%EA%B2%B0%EC%A0%9C/example/"
ENGLISH = f"{MANUAL}en/Subscription/sample/"

Fact = tuple[tuple[str, ...], str, str]

SET_UP: list[Fact] = [
    (GUIDES, "결제대행사(PG) 사이에서 결제를 이어 주는 서비스", "connects a shop with payment providers (PGs)"),
    (GUIDES, "결제 연동 → 연동 관리 → 채널 관리", "Payment integration → Integration → Channels"),
    (GUIDES, "식별코드·API Keys", "Merchant code · API keys"),
    (GUIDES, "https://cdn.iamport.kr/v1/iamport.js", "https://cdn.iamport.kr/v1/iamport.js"),
    (GUIDES, "https://api.iamport.kr", "https://api.iamport.kr"),
    ((INICIS,), "INIBillTst", "INIBillTst"),
    ((INICIS,), "계약하면 받은 상점아이디로 바꾸되", "After the contract, replace it with your own"),
    ((INICIS,), "상점정보 → 계약정보 → 부가정보", "Shop information → Contract → Additional information"),
    ((INICIS,), "키 파일도 따로 등록", "also needs the key file"),
    ((INICIS,), "따로 협의한 가맹점만", "merchants with a separate agreement"),
    ((JTNET,), "tpaytest2m", "tpaytest2m"),
    ((JTNET,), "결제취소 비밀번호", "Cancel password"),
    ((JTNET,), "일회성 결제용", "one-off payments"),
    ((JTNET,), "REST 문서에는 빌링키 발급도", "also describes issuing keys"),
    ((CHAI,), "private_api_key", "private_api_key"),
    (
        (PAYMENTWALL,),
        "https://service.iamport.kr/paymentwall/webhook",
        "https://service.iamport.kr/paymentwall/webhook",
    ),
    ((PAYMENTWALL,), "Pingback signature version을 3", "pingback signature version to 3"),
    ((PAYMENTWALL,), "PCI-DSS 인증이 필요", "PCI-DSS certification"),
    ((PAYMENTWALL,), "REST API만 협의 대상", "the English guide the REST API alone"),
]
WHICH_PG: list[Fact] = [
    (GUIDES, "pg를 빼도 콘솔의 기본 PG", "pg is optional: the service uses the default PG"),
    (GUIDES, "이 상점은 언제나 보냅니다", "this shop always sends it"),
    (GUIDES, "PG가 여럿이면 이 PG의 코드를", "With several PGs, send this PG's code"),
    ((INICIS,), "inicis, inicis.{MID}", "inicis, inicis.{MID}"),
    ((INICIS,), "ActiveX 결제창", "ActiveX window"),
    ((INICIS,), "html5_inicis.{MID}", "html5_inicis.{MID}"),
    ((JTNET,), "jtnet.{MID}", "jtnet.{MID}"),
    ((JTNET,), "보내지 않습니다. 그러면 콘솔의 기본 PG가", "Leave it out, so that the console's default PG decides"),
    ((CHAI,), "chai.{public_key}", "chai.{public_key}"),
    ((CHAI,), "imp37739582", "imp37739582"),
    ((PAYMENTWALL,), "paymentwall.{projectKey}", "paymentwall.{projectKey}"),
    ((PAYMENTWALL,), "Merchant ID라고 부릅니다", "Calls the part after the dot a Merchant ID"),
]
ISSUE: list[Fact] = [
    (GUIDES, "IMP.request_pay(param, callback)", "IMP.request_pay(param, callback)"),
    ((INICIS, JTNET), "card만 받습니다", "take card only"),
    ((PAYMENTWALL,), "정기결제는 card만", "Recurring payments take card only"),
    ((CHAI,), "계좌 기반이므로 trans만", "trans is the only value"),
    ((INICIS,), "모바일 결제창에는 금액이 보이지 않습니다", "the phone window shows none"),
    ((INICIS, CHAI), "0을 보냅니다. 구매자는 0원을 보고", "Sends 0: the buyer sees 0 won"),
    ((INICIS, CHAI), "그 가격을 보여 주라고", "show its price"),
    ((JTNET,), "0이면 빌링키만 발급", "0 issues the key only"),
    ((JTNET,), "따옴표로 감싼 0", "A zero in quotation marks"),
    ((JTNET,), "2.2 빌링키 발급과 첫 결제", "2.2 Key and first payment"),
    ((JTNET,), "2.1 빌링키만 발급", "2.1 Key only"),
    ((JTNET,), "예제의 콜백은 2.2에서도 빌링키 발급만", "The sample's callback reports only the key"),
    ((INICIS,), "최초인증결제라고 적어", "Names it a first authenticated payment"),
    ((JTNET,), "2.1에서도 최초인증결제라고", "in 2.1 as well"),
    ((CHAI,), "결제 테스트라고 적어", "Names it a payment test"),
    ((PAYMENTWALL,), "발급은 언제나 결제입니다", "Every issue is a payment"),
    ((PAYMENTWALL,), "문자열이 아닌 정수", "an integer, not a string"),
    ((PAYMENTWALL,), "ko, en, zh", "ko, en and zh"),
    ((PAYMENTWALL,), "t3_1은 Terminal3", "t3_1 is Terminal3"),
    ((PAYMENTWALL,), "50달러가 50원", "50 dollars become 50 won"),
    (GUIDES, "buyer_addr", "buyer_addr"),
    (GUIDES, "buyer_postcode", "buyer_postcode"),
    ((CHAI,), "error_msg를 구매자에게", "shows error_msg to the buyer"),
    ((CHAI,), "카드 하나에 customer_uid 하나라고", "One customer_uid for one card"),
    ((INICIS,), "PC와 모바일 모두 콜백으로 결과를", "Callback on both, although"),
    ((PAYMENTWALL,), "PC와 모바일 모두 콜백으로 결과를", "Callback on both."),
]
CHARGE: list[Fact] = [
    (GUIDES, "customer_uid와 일대일로 저장", "one key for one customer_uid"),
    (GUIDES, "보안을 위해 상점 서버는 빌링키를 받지도 보지도 못하며", "For security, the shop's server never receives"),
    (GUIDES, "POST /subscribe/payments/again", "POST /subscribe/payments/again"),
    (GUIDES, "Authorization: Bearer", "Authorization: Bearer"),
    (GUIDES, "order_id_8237352", "order_id_8237352"),
    (GUIDES, "gildong_0001_1234", "gildong_0001_1234"),
    (GUIDES, "첫 줄의 백슬래시 뒤에 공백", "Blanks after the first backslash"),
    ((INICIS,), "name이 없으면 KG이니시스가", "KG Inicis refuses a charge without name"),
    ((PAYMENTWALL,), "발급할 때와 같은 주소를 반드시", "the same as when the key was issued"),
    ((PAYMENTWALL,), "통화 없이 3000", "Charge 3000 without a currency"),
]
MARKET: list[Fact] = [
    ((JTNET, CHAI), "지금 콘솔에서는 이 PG를 고를 수 없습니다", "Today's console does not offer it"),
    ((JTNET,), "2023년 1월 31일", "31 January 2023"),
    ((JTNET,), "nice에는 결제창 빌링이 없고", "nice, has no billing window"),
    ((CHAI,), "2024년에 서비스를 마쳤습니다. 결제는 11월 1일에", "payments stopped on 1 November"),
]
FACTS = [*SET_UP, *WHICH_PG, *ISSUE, *CHARGE, *MARKET]

OLD_API = "https://api.iamport.kr/#!/subscribe/again"
OLD_GUIDE = "https://docs.iamport.kr/implementation/subscription?lang=ko#issue-billing-b"
ADDRESSES = {
    INICIS: [
        f"{ENGLISH}inicis-request-billing-key.md",
        f"{KOREAN}inicis-api-billing-key.md",
        f"{ENGLISH}inicis-api-billing-key.md",
        "https://guide.iamport.kr/005331e6-be5d-4cc1-a547-9e78416b77e9",
        "https://docs.iamport.kr/sdk/javascript-sdk#request_pay",
    ],
    JTNET: [
        f"{KOREAN}jtnet-api-billing-key.md",
        f"{ENGLISH}jtnet-api-billing-key.md",
        "https://guide.iamport.kr/84ffdcba-3a54-47a7-be49-c04593977e22",
        "https://docs.iamport.kr/sdk/javascript-sdk#request_pay",
    ],
    CHAI: [
        f"{KOREAN}en/chai-request-billing-key.md",
        "https://guide.iamport.kr/195ae9aa-d862-4fb6-a637-3065c3dae1e7",
        "https://docs.iamport.kr/tech/imp#request_pay",
    ],
    PAYMENTWALL: [
        f"{KOREAN}paymentwall-request-billing-key.md",
        f"{ENGLISH}paymentwall-request-billing-key.md",
        f"{KOREAN}paymentwall-api-billing-key.md",
        f"{ENGLISH}paymentwall-api-billing-key.md",
        "https://chaifinance.notion.site/5aa0546574c94f159a7f040585af7359",
        "https://docs.iamport.kr/sdk/javascript-sdk#request_pay",
        "https://docs.iamport.kr/en-US/tech/imp#request_pay",
        "https://docs.iamport.kr/en-US/implementation/subscription#issue-billing-b",
    ],
}
"""The addresses that each document links to, beside the general guide and the API, which all of them link to."""


def read(client, address: str) -> str:
    """Return what a person reads. Names inside a sentence are set in code type, and a source follows it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", client.get(address).text)).split())


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("guide_id", GUIDES)
@pytest.mark.parametrize("form", ["", ".md"])
def test_every_fact_of_the_documents_is_stated(client, guide_id, language, form):
    text = read(client, f"/guides/{guide_id}{form}?lang={language}").replace("`", "")

    expected = [{"ko": korean, "en": english}[language] for guides, korean, english in FACTS if guide_id in guides]
    assert [fact for fact in expected if fact not in text] == []


@pytest.mark.parametrize("guide_id", GUIDES)
@pytest.mark.parametrize("form", ["", ".md"])
def test_every_address_of_the_documents_is_a_source(client, guide_id, form):
    text = unescape(client.get(f"/guides/{guide_id}{form}?lang=en").text)

    assert [address for address in (*ADDRESSES[guide_id], OLD_API, OLD_GUIDE) if address not in text] == []


@pytest.mark.parametrize("guide_id", GUIDES)
def test_the_guide_the_sdk_the_set_up_and_the_api_are_cited_beside_a_step(app, guide_id):
    """Each step of a document leads on. Our steps cite today's page and the address of that time."""
    guide = app.extensions["desk"].guides[guide_id]

    set_up, issue, charge = (set(step["cite"]) for step in guide.page["steps"])

    assert "old_set_up" in set_up
    assert "set_up" in guide.page["console"]["cite"]
    assert {"general", "old_general"} <= set(guide.page["service"]["cite"])
    assert {"sdk", "old_sdk"} <= issue
    assert {"api", "old_api"} <= charge


@pytest.mark.parametrize("guide_id", GUIDES)
def test_a_field_cites_its_sources_in_the_request_panel_too(app, client, guide_id):
    guide = app.extensions["desk"].guides[guide_id]

    html = unescape(client.get(f"/guides/{guide_id}?lang=en").text)

    for parameter in guide.parameters:
        about = html.partition(f'id="about-{parameter.name.replace(".", "-")}"')[2].partition("</p>")[0]
        assert [link_id for link_id in parameter.cite if guide.links[link_id].url not in about] == []


def test_one_set_of_prices_stands_in_all_examples(app, client):
    """The documents use a price in the text and another in the code. Ours show 1,004 won and 49.99 dollars."""
    for guide_id in GUIDES:
        guide = app.extensions["desk"].guides[guide_id]
        price = guide.parameter("amount").example
        assert price == (49.99 if guide_id == PAYMENTWALL else 1004)
        for address in (f"/guides/{guide_id}?lang=en", f"/guides/{guide_id}.md?lang=en"):
            amounts = re.findall(r'"?amount"?: ([\d.]+)', unescape(re.sub(r"<[^>]+>", "", client.get(address).text)))
            assert {float(amount) for amount in amounts} <= {price, 0}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("guide_id", GUIDES)
@pytest.mark.parametrize("form", ["", ".md"])
def test_every_allowed_value_is_listed_beside_its_field(app, client, guide_id, language, form):
    guide = app.extensions["desk"].guides[guide_id]
    open_fields = [field for field in guide.parameters if field.choices and field.value is None]

    html = client.get(f"/guides/{guide_id}{form}?lang={language}").text
    start, end = ("- `%s`", "\n- ") if form else ('<th scope="row"><code>%s</code>', "</tr>")
    for field in open_fields:
        row = html.rpartition('id="reference"')[2].partition(start % field.name)[2].partition(end)[0]
        assert [choice for choice in field.choices if choice not in row] == []
    if guide_id == PAYMENTWALL:
        assert {"currency", "bypass.widget_code", "bypass.ps"} <= {field.name for field in open_fields}
