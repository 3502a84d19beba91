"""The call that a guide prints fits our description of the SDK, and the description refuses the documents' mistakes."""

import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

from tests.contract.published.clients import available, compiler

ROOT = Path(__file__).parents[2]
TYPES = ROOT / "static/js/iamport.d.ts"
REQUESTS = [
    ("inicis", ""),
    ("jtnet", "2-1"),
    ("jtnet", "2-2"),
    ("chai", ""),
    ("paymentwall", ""),
    ("paymentwall", "terminal3"),
]


@pytest.fixture(scope="session")
def tsc() -> list[str]:
    return available(compiler)


@pytest.fixture(scope="session")
def check(tsc, tmp_path_factory):
    """Return a function that compiles TypeScript against the description, and returns the compiler's errors."""

    def errors_of(code: str) -> str:
        sample = tmp_path_factory.mktemp("typings") / "sample.ts"
        sample.write_text(f"declare const callback: (rsp: RequestPayResponse) => void;\n{code}", encoding="utf-8")
        options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom"]
        done = subprocess.run([*tsc, *options, str(TYPES), str(sample)], capture_output=True, text=True, check=False)
        return done.stdout

    return errors_of


def test_the_printed_calls_fit_the_description(client, check):
    calls = []
    for guide_id, variant in REQUESTS:
        html = client.get(f"/guides/{guide_id}?variant={variant}").text
        (call,) = re.findall(r'<code id="source-javascript"[^>]*>(.*?)</code>', html, re.DOTALL)
        calls.append(unescape(re.sub(r"<[^>]+>", "", call)))

    assert check("\n".join(calls)) == ""


def test_our_scripts_have_no_type_error(tsc):
    done = subprocess.run([*tsc, "--project", str(ROOT / "jsconfig.json")], capture_output=True, text=True, check=False)

    assert done.stdout == ""


@pytest.mark.parametrize(
    ("mistake", "complaint"),
    [
        ('amount: "1004"', "Type 'string' is not assignable to type 'number'"),
        ('amount: 1004, buyer_adrr: "Seoul"', "'buyer_adrr' does not exist"),
        ('amount: 1004, language: "fr"', "is not assignable to type"),
    ],
)
def test_a_mistake_of_the_documents_does_not_fit(check, mistake, complaint):
    errors = check(f'IMP.request_pay({{ pay_method: "card", merchant_uid: "o", name: "n", {mistake} }}, callback);')

    assert complaint in errors
