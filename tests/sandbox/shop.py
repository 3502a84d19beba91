"""A shop as the sandbox's windows see it: what its page sends, and what it reads from the answer."""

from html.parser import HTMLParser
from itertools import count
from typing import Any

from flask.testing import FlaskClient

LANDING = "http://shop.test/landing"
ORIGIN = "http://shop.test"

APPROVED = "4242-4242-4242-4242"
REFUSED = "4000-0000-0000-0002"
APPROVED_ACCOUNT = "110-4242-424242"
APPROVED_PHONE = "010-4242-4242"
"""The number of a phone bill and of a wallet."""

_numbers = count(1)


def request_pay(**params: Any) -> dict[str, Any]:
    """Return parameters of `IMP.request_pay` that every PG accepts, with a new `merchant_uid`."""
    number = next(_numbers)
    return {
        "pg": "html5_inicis",
        "pay_method": "trans" if params.get("pg") == "chai" else "card",
        "merchant_uid": f"order_{number:06}",
        "customer_uid": f"customer_{number:06}",
        "name": "Coffee",
        "amount": 9900,
        "buyer_name": "Gildong Hong",
        "buyer_email": "gildong@example.com",
        "buyer_tel": "010-0000-0000",
        "m_redirect_url": LANDING,
        **params,
    }


def sdk_call(device: str = "pc", page_language: str = "ko", ui_type: str = "", **params: Any) -> dict[str, Any]:
    """Return what the script posts to `/sdk/payments`. A button of `IMP.loadUI` sets `ui_type`."""
    return {
        "merchant_code": "imp00000000",
        "params": request_pay(**params),
        "ui_type": ui_type,
        "device": device,
        "origin": ORIGIN,
        "page_language": page_language,
    }


def open_window(client: FlaskClient, device: str = "pc", page_language: str = "ko", **params: Any) -> str:
    """Open a window and return its URL."""
    answer = client.post("/sdk/payments", json=sdk_call(device, page_language, **params))
    return answer.get_json()["window_url"]


def action(window_url: str, name: str) -> str:
    """Return the URL to which the window posts `approve`, `decline` or `close`."""
    path, query = window_url.split("?")
    return f"{path}/{name}?{query}"


class Markup(HTMLParser):
    """A page as a list of `(tag, attributes)` and a list of the texts between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))

    def attribute(self, name: str) -> list[str]:
        """Return every value of an attribute, in the order of the page."""
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]

    @property
    def text(self) -> str:
        return " ".join(self.texts)
