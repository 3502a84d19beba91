"""Where the sandbox sends webhooks and confirmations: anywhere but to a link-local address."""

from dataclasses import replace

import pytest

from sandbox.app import create_app
from sandbox.webhooks import outgoing
from sandbox.wire.parameters import Malformed
from tests.sandbox.conftest import on_new_file

LINK_LOCAL = [
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.0.1:8443/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://169.254.43518/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::169.254.169.254]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
]
ELSEWHERE = [
    "http://localhost:3000/",
    "http://10.0.0.5/",
    "http://[::1]:3000/",
    "http://[64:ff9b::10.0.0.5]/",
    "http://[fd00:ec2::255]/",
    "http://shop/",
    "https://169.254.example/",
]


@pytest.mark.parametrize("url", LINK_LOCAL)
def test_a_link_local_address_is_refused_wherever_it_is_sent(api, client, payer, url):
    api.issue()

    webhook = client.patch("/control/merchants/imp00000000", json={"webhook_url": url})
    console = client.post("/console/imp00000000/merchants", data={"code": "imp_2", "webhook_url": url})
    charge = api.charge("order-1", notice_url=url)
    windows = [payer.open(merchant_uid="order-2", **{name: url}) for name in ("notice_url", "confirm_url")]

    assert (webhook.status_code, console.status_code, charge.http) == (400, 400, 400)
    assert [window.status_code for window in windows] == [400, 400]
    assert all("169.254.0.0/16" in answer.json["error_msg"] for answer in windows)
    assert "169.254.0.0/16" in webhook.json["error"]
    assert client.get("/control/merchants/imp00000000").json["webhook_url"] == ""


@pytest.mark.parametrize("url", ELSEWHERE)
def test_every_other_address_is_accepted(client, url):
    changed = client.patch("/control/merchants/imp00000000", json={"webhook_url": url})

    assert changed.json["webhook_url"] == url


def test_a_link_local_address_stops_the_start(tmp_path_factory):
    config = replace(on_new_file(tmp_path_factory), WEBHOOK_URL=LINK_LOCAL[0])

    with pytest.raises(Malformed, match="webhook_url"):
        create_app(config, background=False)


@pytest.fixture
def leads_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the receiver's address count as link-local once the name is resolved, which a test machine does not have."""
    monkeypatch.setattr(outgoing.link_local, "is_link_local", lambda address: address == "127.0.0.1")


@pytest.mark.usefixtures("leads_away")
def test_a_name_that_leads_to_a_link_local_address_receives_no_webhook(api, client, receiver):
    api.issue()
    paid = api.charge("order-1").response
    client.patch("/control/merchants/imp00000000", json={"webhook_url": receiver.url.replace("127.0.0.1", "localhost")})

    sent = client.post("/control/webhooks/deliver", json={"imp_uid": paid["imp_uid"]}).json["deliveries"]

    assert [(one["status"], one["error"]) for one in sent] == [(None, "LinkLocalAddress")]
    assert receiver.is_silent()


@pytest.mark.usefixtures("leads_away")
def test_a_name_that_leads_to_a_link_local_address_confirms_nothing(api, payer, receiver):
    url = receiver.url.replace("127.0.0.1", "localhost")

    imp_uid = payer.approve(payer.open(pg="jtnet", merchant_uid="order-1", confirm_url=url), "4242-4242-4242-4242")

    assert api.get(f"/payments/{imp_uid}").response["status"] == "failed"
    assert receiver.is_silent()
