"""Where a page's forms may lead: to the shop and the payment service, and to no other site."""

import pytest

from tests.url_map import addresses
from tests.views.reading import Page


def rule(answer, name: str) -> str | None:
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    return policy.get(name)


@pytest.mark.parametrize("visitor", ["stranger", "shopper", "staff"])
def test_a_form_posts_only_to_the_shop_or_the_payment_service(app, values, visitors, visitor):
    pages = 0
    for _, method, path in addresses(app, values):
        if method != "GET":
            continue
        answer = visitors[visitor]().get(path)
        assert rule(answer, "form-action") == "'self' http://payments.test", path
        if answer.mimetype == "text/html":
            forms = Page(answer.text).all("form")
            assert [form["action"] for form in forms if not form.get("action", "/").startswith("/")] == [], path
            pages += bool(forms)

    assert pages
