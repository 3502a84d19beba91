"""The shop answers at its own hosts only: a redirect to a forged one would lead the buyer to another site."""

from dataclasses import replace

import pytest

from tests.url_map import addresses

SHOP, FORGED = "shop.test", "evil.example"


@pytest.fixture
def config(config):
    """A shop behind one proxy that speaks https."""
    return replace(config, PUBLIC_URL="https://shop.test", TRUSTED_PROXIES=1, SESSION_COOKIE_SECURE=True)


@pytest.mark.parametrize("visitor", ["stranger", "shopper"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": FORGED},
        {"Host": f"{FORGED}:443"},
        {"Host": f"{SHOP}.{FORGED}"},
        {"Host": SHOP, "X-Forwarded-Host": FORGED},
        {"Host": SHOP, "X-Forwarded-Host": f"{SHOP}, {FORGED}"},
    ],
)
def test_a_forged_host_is_refused_at_every_address(app, values, visitors, visitor, scheme, headers):
    browser = visitors[visitor]()
    for _, method, path in addresses(app, values):
        answer = browser.open(f"{path}?lang=en", method=method, headers={**headers, "X-Forwarded-Proto": scheme})

        assert (answer.status_code, answer.location) == (400, None), path
        assert FORGED not in answer.text, path


@pytest.mark.parametrize(("lang", "words"), [("ko", "이 주소에서는"), ("en", "not available at this address")])
def test_the_refusal_has_a_stable_code_and_a_sentence(client, lang, words):
    headers = {"Host": FORGED, "Accept-Language": lang}

    page = client.get("/", headers=headers)
    script = client.get("/", headers={**headers, "Accept": "application/json"})

    assert (page.status_code, page.mimetype) == (400, "text/plain")
    assert words in page.text
    assert "(untrusted_host)" in page.text
    assert (script.status_code, script.json["code"]) == (400, "untrusted_host")
    assert words in script.json["message"]


@pytest.mark.parametrize("path", ["/plans/%00", "/nowhere", "/?q=%00"])
def test_a_request_that_is_wrong_in_two_ways_is_refused_for_its_host(client, path):
    answer = client.get(path, headers={"Host": FORGED, "X-Forwarded-Proto": "https"})

    assert (answer.status_code, "untrusted_host" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": SHOP},
        {"Host": f"{SHOP}:443"},
        {"Host": "127.0.0.1:8000", "X-Forwarded-Host": SHOP},
        {"Host": "localhost:8000"},
    ],
)
def test_behind_a_proxy_the_shop_answers_at_its_own_hosts(client, headers):
    answer = client.get("/", headers={**headers, "X-Forwarded-Proto": "https"})

    assert answer.status_code == 200


def test_without_https_the_shop_leads_to_https_at_its_own_host(client):
    assert client.get("/guides", headers={"Host": SHOP}).location == "https://shop.test/guides"
