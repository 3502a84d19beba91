"""`/openapi.json` and `/docs`: every address is described, and what is described is served."""

import re

import jsonschema_rs
import pytest

from sandbox.merchants import levers
from sandbox.openapi.description import FIELDS, LEVERS, OBJECTS, SERVICE, WEBHOOKS, Field
from tests.sandbox.shop import Markup

NOT_DESCRIBED = re.compile(r"/(console|docs|js|openapi\.json|sdk|static|v1|windows)?(/.*)?")
"""Pages, scripts, and endpoints that only the sandbox's own scripts call."""


@pytest.fixture
def document(client) -> dict:
    return client.get("/openapi.json").json


def served(app) -> set[tuple[str, str]]:
    """Return method and path of every route that a shop or a test may call."""
    routes = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        if not NOT_DESCRIBED.fullmatch(path):
            routes |= {(method, path) for method in rule.methods - {"HEAD", "OPTIONS"}}
    return routes


def test_every_route_is_described_and_nothing_else(app, document):
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    assert described == served(app)


def test_the_description_is_openapi(document):
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://localhost"}]
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema)
        assert set(schema["required"]) == set(schema["properties"]), name


def test_whatever_is_referred_to_is_there(document):
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(document)))

    assert referred <= document["components"]["schemas"].keys()
    assert set(OBJECTS) <= referred


def test_no_two_calls_have_the_same_name():
    names = [operation.id for operation in (*SERVICE, *LEVERS)]

    assert sorted(set(names)) == sorted(names)


def test_every_field_is_sent_somewhere():
    listed = [field for o in (*SERVICE, *LEVERS) for field in (*o.path_fields, *o.query, *o.body)]
    listed += [field for webhook in WEBHOOKS for field in webhook.body]
    unused = {key for key in FIELDS if Field.listed(key).en not in {field.en for field in listed}}

    assert unused == set()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_lists_every_call_in_words(client, language):
    answer = client.get(f"/docs?lang={language}")

    page = Markup(answer.text)
    assert answer.status_code == 200
    assert "script" not in {tag for tag, _ in page.tags}
    for operation in (*SERVICE, *LEVERS):
        assert f"{operation.method} {operation.path} {getattr(operation, language)}" in page.text


def test_ids_of_the_page_are_unique_and_its_links_lead_somewhere(client):
    page = Markup(client.get("/docs").text)

    ids = page.attribute("id")
    assert sorted(set(ids)) == sorted(ids)
    assert {link[1:] for link in page.attribute("href") if link.startswith("#")} <= set(ids)


def test_every_lever_is_described_with_what_it_may_be(document):
    body = document["paths"]["/control/levers"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    described = body["properties"]

    assert described.keys() == {*levers.LEVERS, "merchant_code"}
    assert described["strict"]["type"] == "boolean"
    assert described["webhook_turn"]["enum"] == ["unordered", "before", "after"]
    assert [described["latency"][name] for name in ("type", "minimum", "maximum")] == ["number", 0, 60]
    assert [described["monthly_cap"][name] for name in ("type", "minimum", "maximum")] == ["integer", 0, 1000]


def test_a_status_that_only_some_servers_answer_says_so(document):
    answers = document["paths"]["/subscribe/payments/again"]["post"]["responses"]

    assert "gunicorn" in answers["504"]["description"]


def test_notices_are_as_described(api, client, receiver, document):
    described = document["webhooks"]["notice"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    api.issue()
    imp_uid = api.charge("order-1", notice_url=receiver.url).response["imp_uid"]
    client.post("/control/cancel", json={"imp_uid": imp_uid})

    notices = [receiver.next(), receiver.next()]

    for notice in notices:
        jsonschema_rs.validate(described, notice)
    assert sorted(described["required"]) == sorted(min(notices, key=len))
    assert sorted(described["properties"]) == sorted(max(notices, key=len))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_tells_of_notices_and_of_the_sdk(client, language):
    page = Markup(client.get(f"/docs?lang={language}").text)

    for webhook in WEBHOOKS:
        assert f"POST {webhook.to} {getattr(webhook, language)}" in page.text
    assert 'IMP.init("imp00000000")' in page.text


def test_a_viewer_on_another_origin_may_read_the_description(client):
    assert client.get("/openapi.json").headers["Access-Control-Allow-Origin"] == "*"
