"""The folder `services/iamport`, copied into a project that has nothing but `requests`, charges at the sandbox."""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "services" / "iamport"

PROJECT = """
import sys
from decimal import Decimal

from billing.payments_api import IamportClient, NotFound, Unknown

client = IamportClient(base_url=sys.argv[1], key="sandbox_key", secret="sandbox_secret")
payment = client.onetime(
    merchant_uid="order-1", amount=Decimal(9900), name="한 달 꽃", customer_uid="key-1", pg="jtnet",
    card_number="4242-4242-4242-4242", expiry="2099-12",
)
payment = client.again(customer_uid="key-1", merchant_uid="order-2", amount=Decimal(9900), name="한 달 꽃")
print(payment.status, client.find("order-2", status="paid").imp_uid == payment.imp_uid)
try:
    client.payment("imp_000000000000")
except NotFound as missing:
    print(missing.method, missing.url.removeprefix(sys.argv[1]), missing.status)
ours = {name.partition(".")[0] for name in sys.modules} & {"services", "models", "flask", "sqlalchemy", "sandbox"}
print(sorted(ours))
"""


def test_it_stands_alone(tmp_path, address):
    shutil.copytree(FOLDER, tmp_path / "billing" / "payments_api", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "main.py").write_text(PROJECT, encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-E", "-s", "main.py", address], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["paid True", "GET /payments/imp_000000000000?include_sandbox=true 404", "[]"]
