"""Names of calls and fields inside a sentence are set in code type, in both languages."""

import pytest

from views.prose import prose


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("서버가 새 merchant_uid로 /again을 호출합니다.", ["merchant_uid", "/again"]),
        ("Read GET /payments/{imp_uid} first.", ["GET /payments/{imp_uid}"]),
        ("Look up GET /payments/find/{merchant_uid}/paid.", ["GET /payments/find/{merchant_uid}/paid"]),
        ("use_test_method와 bypass.ps를 씁니다.", ["use_test_method", "bypass.ps"]),
        ("For the window, send html5_inicis.{MID}.", ["html5_inicis.{MID}"]),
        ("IMP.request_pay opens it; response.status says more.", ["IMP.request_pay", "response.status"]),
        ("Send Authorization: Bearer with the token.", ["Authorization: Bearer"]),
        ("The buyer pays once a month.", []),
        ("The browser returns to m_redirect_url. It then asks nice_v2.", ["m_redirect_url", "nice_v2"]),
        ("Send html5_inicis or html5_inicis.{MID}.", ["html5_inicis", "html5_inicis.{MID}"]),
    ],
)
def test_calls_and_fields_are_code(sentence, codes):
    marked = prose(sentence)

    assert [part.partition("</code>")[0] for part in marked.split("<code>")[1:]] == codes
    assert marked.striptags() == sentence


def test_markup_in_a_sentence_is_escaped():
    assert prose("<b> & merchant_uid") == "&lt;b&gt; &amp; <code>merchant_uid</code>"
