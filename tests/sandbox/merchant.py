"""A plain-HTML shop on its own origin. Its strict Content-Security-Policy allows only the sandbox."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, render_template_string, request
from playwright.sync_api import ConsoleMessage, Dialog, FrameLocator, Locator, Page
from werkzeug.serving import make_server

from tests.sandbox.shop import request_pay

PAGE = """<!doctype html>
<html lang="{{ lang }}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop</title>
<link rel="icon" href="data:,">
<script defer src="{{ sandbox }}/v1/iamport.js{{ '?device=' + device if device }}"></script>
<script defer src="/shop.js"></script>
<main>
  <h1>Shop</h1>
  <button data-order="{{ order }}">Subscribe</button>
  <div class="portone-ui-container" data-portone-ui-type="paypal-rt"></div>
  <p>Answers: <span role="status" aria-label="Answers">0</span></p>
  <output aria-label="Answer"></output>
</main>
</html>
"""

SCRIPT = """
const button = document.querySelector("button");
const order = JSON.parse(button.dataset.order);
let answers = 0;

function answered(rsp) {
  document.querySelector("[role=status]").textContent = String(++answers);
  document.querySelector("output").textContent = JSON.stringify(rsp);
  if (order.callback === "throws") throw new Error("the shop's own mistake");
}

if (order.init) IMP.init("imp00000000");
if (order.ui) IMP.loadUI(order.ui, order.params, answered);
button.addEventListener("click", () => {
  if (order.callback) IMP[order.call](order.params, answered);
  else IMP[order.call](order.params);
});
"""

LANDED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Landed</title><link rel="icon" href="data:,">
<main><h1>Landed</h1></main></html>"""


def make_shop(sandbox_url: str) -> Flask:
    """Create the shop: a page with one button, its script, and a landing page."""
    app = Flask("merchant")

    @app.get("/")
    def index() -> str:
        fields = ("lang", "device", "order")
        return render_template_string(PAGE, sandbox=sandbox_url, **{name: request.args.get(name) for name in fields})

    @app.get("/shop.js")
    def script() -> Response:
        return Response(SCRIPT, mimetype="text/javascript")

    @app.get("/landing")
    def landing() -> str:
        return LANDED

    @app.after_request
    def strictly(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; img-src data:; script-src 'self' {sandbox_url}; connect-src {sandbox_url}; "
            f"frame-src {sandbox_url}; form-action 'self'; base-uri 'none'"
        )
        return response

    return app


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve `app` on the port, or on a free one, and yield its URL."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()


class ShopPage:
    """A buyer on the shop's page and in the window over it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.alerts: list[str] = []
        self.errors: list[str] = []
        page.on("dialog", self._dismiss)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def visit(
        self,
        *,
        lang: str = "ko",
        device: str = "",
        init: bool = True,
        callback: object = True,
        ui: str = "",
        call: str = "request_pay",
        **params: Any,
    ) -> "ShopPage":
        """Open the shop's page, whose button will call `IMP[call]` with these parameters."""
        order = {"init": init, "callback": callback, "ui": ui, "call": call}
        order["params"] = self.order(**params) if params != NOTHING else None
        self.page.goto(f"{self.url}/?{urlencode({'lang': lang, 'device': device, 'order': json.dumps(order)})}")
        return self

    def order(self, **params: Any) -> dict[str, Any]:
        """Return parameters of `IMP.request_pay` that return to this shop's landing page."""
        return request_pay(**{"m_redirect_url": f"{self.url}/landing", **params})

    def subscribe(self) -> "ShopPage":
        """Press the shop's button."""
        self.button.click()
        return self

    @property
    def button(self) -> Locator:
        return self.page.get_by_role("button", name="Subscribe")

    @property
    def layer(self) -> Locator:
        """The layer over the shop's page."""
        return self.page.get_by_role("dialog")

    @property
    def window(self) -> FrameLocator:
        """The payment window in the layer."""
        return self.layer.locator("iframe").content_frame

    @property
    def answers(self) -> Locator:
        """How many results the shop's callback has received."""
        return self.page.get_by_role("status", name="Answers")

    @property
    def answer(self) -> dict[str, Any]:
        """The last result that the shop's callback received."""
        return json.loads(self.page.get_by_label("Answer", exact=True).inner_text())

    def _dismiss(self, dialog: Dialog) -> None:
        self.alerts.append(dialog.message)
        dialog.dismiss()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


NOTHING: dict[str, Any] = {"nothing": True}
"""The parameters of a shop that sends none."""
