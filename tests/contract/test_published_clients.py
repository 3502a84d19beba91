"""Clients published by others run unmodified against the sandbox, with every method they have."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.contract.published import clients, npm, pypi
from tests.contract.published.clients import Client, available, node_command, python_command
from tests.contract.published.steps import Aside, Step, Visit

KEY, SECRET = "sandbox_key", "sandbox_secret"


@pytest.fixture(scope="session")
def python_clients() -> list[str]:
    return available(python_command)


@pytest.fixture(scope="session")
def node_clients() -> list[str]:
    return available(node_command)


@pytest.mark.parametrize("name", pypi.STORIES)
def test_a_client_of_pypi_does_whatever_it_can(python_clients, address, name):
    with running(python_clients, name, address) as client:
        Stage(client, address).play(pypi.STORIES[name])

        assert client.called | pypi.NOT_CALLS >= client.methods()


@pytest.mark.parametrize("name", npm.STORIES)
def test_a_client_of_npm_does_whatever_it_can(node_clients, address, name):
    with running(node_clients, name, address) as client:
        Stage(client, address).play(npm.STORIES[name])

        assert client.called | set(npm.NOT_SERVED.get(name, {})) >= client.methods()


@pytest.mark.parametrize("name", npm.NOT_SERVED)
def test_what_is_not_served_is_refused_as_an_unknown_address(node_clients, address, name):
    with running(node_clients, name, address) as client:
        answers = {call: client.call(call, [given], {}) for call, given in npm.NOT_SERVED[name].items()}

        refused = re.compile("404|405")
        assert {call for call, answer in answers.items() if not refused.search(str(answer.get("raised")))} == set()


@pytest.mark.parametrize(("name", "step"), pypi.WITH_A_WRONG_SECRET.items())
def test_a_client_of_pypi_with_a_wrong_secret_is_turned_away(python_clients, address, name, step):
    with running(python_clients, name, address, secret="wrong") as client:
        Stage(client, address).play([step])


@pytest.mark.parametrize(("name", "step"), npm.WITH_A_WRONG_SECRET.items())
def test_a_client_of_npm_with_a_wrong_secret_is_turned_away(node_clients, address, name, step):
    with running(node_clients, name, address, secret="wrong") as client:
        Stage(client, address).play([step])


@contextmanager
def running(command: list[str], name: str, url: str, secret: str = SECRET) -> Iterator[Client]:
    client = Client(command, name, url, KEY, secret)
    try:
        yield client
    finally:
        client.close()


class Stage:
    """Runs a client's scenario, and stores the values that its steps keep."""

    def __init__(self, client: Client, sandbox: str) -> None:
        self.client, self.sandbox = client, sandbox
        self.kept: dict[str, Any] = {}

    def play(self, story: list[Step | Aside | Visit]) -> None:
        for number, step in enumerate(story, start=1):
            wrong = self._play(step)
            assert wrong is None, f"step {number}, {step}\n{wrong}"

    def _play(self, step: Step | Aside | Visit) -> str | None:
        """Run one step; return what went wrong, or None."""
        if isinstance(step, Aside):
            return self._aside(step)
        if isinstance(step, Visit):
            return self._visit(step)
        answer = self.client.call(step.call, self._filled(step.args), self._filled(step.kwargs))
        if step.fails is not None:
            return self._differs(step.fails, answer.get("raised", answer))
        if "returned" not in answer:
            return f"raised {answer}"
        self._keep(step.keep, answer["returned"])
        return self._differs(self._filled(step.gives), answer["returned"])

    def _aside(self, aside: Aside) -> str | None:
        answer = requests.post(
            self.sandbox + self._filled(aside.path), json=self._filled(aside.body), headers=self._token(), timeout=10
        )
        self._keep(aside.keep, answer.json())
        return None if answer.ok and answer.json().get("code", 0) == 0 else answer.text

    def _visit(self, visit: Visit) -> str | None:
        call = {"merchant_code": "imp00000000", "device": "pc", "origin": "http://shop.test", "params": visit.params}
        opened = requests.post(f"{self.sandbox}/sdk/payments", json=call, timeout=10)
        if opened.status_code != 201:
            return opened.text
        window = urlsplit(opened.json()["window_url"])
        address = f"{self.sandbox}{window.path}/approve?{window.query}"
        approved = requests.post(address, data={"number": visit.instrument}, timeout=10, allow_redirects=False)
        self.kept[visit.name] = opened.json()["imp_uid"]
        return None if approved.status_code < 400 else approved.text

    def _token(self) -> dict[str, str]:
        credentials = {"imp_key": KEY, "imp_secret": SECRET}
        answer = requests.post(f"{self.sandbox}/users/getToken", data=credentials, timeout=10)
        return {"Authorization": answer.json()["response"]["access_token"]}

    def _keep(self, wanted: dict[str, str], answer: Any) -> None:
        for name, path in wanted.items():
            value = answer
            for part in path.split("."):
                value = value[int(part)] if isinstance(value, list) else value[part]
            self.kept[name] = value

    def _filled(self, value: Any) -> Any:
        """Return `value` with each `{name}` replaced by the value kept under that name."""
        if isinstance(value, dict):
            return {name: self._filled(under) for name, under in value.items()}
        if isinstance(value, list):
            return [self._filled(under) for under in value]
        for name, kept in self.kept.items():
            value = value.replace(f"{{{name}}}", str(kept)) if isinstance(value, str) else value
        return value

    def _differs(self, expected: Any, found: Any) -> str | None:
        """Return where `found` differs from `expected`: fields of a dict, elements of a list, a part of a message."""
        if isinstance(expected, dict) and isinstance(found, dict):
            pairs = [(name, value, found.get(name)) for name, value in expected.items()]
        elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
            pairs = [(str(index), *pair) for index, pair in enumerate(zip(expected, found, strict=True))]
        else:
            return None if found == expected else f"expected {expected!r}, found {found!r}"
        for name, value, actual in pairs:
            if name == "message" and isinstance(value, str) and value in str(actual):
                continue
            if wrong := self._differs(value, actual):
                return f"{name}: {wrong}"
        return None


def test_workers_that_want_an_environment_together_make_it_once(monkeypatch, tmp_path):
    made = []

    def install(place, *command):
        made.append(place)
        if len(made) == 1:
            other.start()
            other.join(timeout=0.2)  # more than enough for a process that does not wait
        (place / ".ready").touch()

    monkeypatch.setattr(clients, "CACHE", tmp_path)
    monkeypatch.setattr(clients, "_install", install)
    monkeypatch.setattr(clients.shutil, "which", lambda name: name)
    other = threading.Thread(target=clients.node_command)

    clients.node_command()
    other.join()

    assert len(made) == 1
