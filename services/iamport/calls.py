"""Make a call: in a place of the bulkhead, past its breaker, with a token, and before a deadline."""

import copy
import logging
from collections.abc import Callable, Mapping
from typing import Any

from .breaker import CLOSED, Breaker
from .bulkhead import Bulkhead
from .deadline import Deadline
from .errors import IamportError, Refused, Unauthorized, Unknown
from .tokens import Tokens
from .transport import Query, Transport, read
from .types import Token

log = logging.getLogger(__name__)

TOKEN_PATH = "/users/getToken"


class Calls:
    """Makes the calls of one client. The arguments are those of `IamportClient`."""

    def __init__(
        self,
        transport: Transport,
        *,
        credentials: Mapping[str, str],
        timeout: float,
        read_timeout: float,
        places: int,
        breaker: Breaker,
        money_breaker: Breaker,
        monotonic: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._credentials = credentials
        self._timeout, self._read_timeout = timeout, read_timeout
        self._bulkhead = Bulkhead(places)
        self._breaker, self._money_breaker = breaker, money_breaker
        self._monotonic = monotonic
        self._tokens = Tokens(self._request_token, monotonic)

    def patient(self, *, places: int) -> "Calls":
        """Return calls that all have the whole `timeout`, and a bulkhead of their own. They share everything else."""
        other = copy.copy(self)
        other._read_timeout, other._bulkhead = self._timeout, Bulkhead(places)
        return other

    @property
    def can_send(self) -> bool:
        """Whether a call that moves no money would be sent now: its breaker lets it pass, and a place is free."""
        return self._breaker.lets_pass and not self._bulkhead.is_full

    @property
    def can_charge(self) -> bool:
        """Whether a call that moves money would be sent now. Such calls have a breaker of their own.

        A PG that is down fails charges while the service answers reads, which would keep one breaker closed; and reads
        that fail would open it for charges that need no read.
        """
        return self._money_breaker.lets_pass and not self._bulkhead.is_full

    @property
    def breaker_state(self) -> str:
        """`closed`, or the state of a breaker that is `open` or `probing`."""
        return self._money_breaker.state if self._breaker.state == CLOSED else self._breaker.state

    @property
    def failures(self) -> int:
        """How many calls got no answer, or none that says what became of them, since the start."""
        return self._breaker.failures + self._money_breaker.failures

    def url_of(self, path: str, query: Query | None = None) -> str:
        """Return the URL of a call."""
        return self._transport.url_of(path, query)

    def ping(self) -> None:
        """Request a new token, and discard it."""
        with self._bulkhead, self._breaker.watch():
            self._request_token(Deadline(self._read_timeout, self._monotonic))

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Query | None = None,
        moves_money: bool = False,
    ) -> Any:
        """Return the envelope's `response`. If no answer arrives, record in the error how long we waited.

        A call that moves money has the whole `timeout`, because its lost answer must be looked up.
        """
        with self._bulkhead, (self._money_breaker if moves_money else self._breaker).watch():
            deadline = Deadline(self._timeout if moves_money else self._read_timeout, self._monotonic)
            try:
                return self._authenticated(method, path, body=body, query=query, deadline=deadline)
            except Unknown as err:
                log.warning("%s", err)
                err.waited = deadline.waited
                raise

    def _authenticated(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None,
        query: Query | None,
        deadline: Deadline,
    ) -> Any:
        """Send with the token. Only a 401 is repeated, once and with a new token: the service did nothing for it."""
        token = self._access_token(deadline)
        try:
            return self._transport.send(method, path, body=body, query=query, token=token, deadline=deadline)
        except Unauthorized:
            self._tokens.forget(token)
            token = self._access_token(deadline)
            return self._transport.send(method, path, body=body, query=query, token=token, deadline=deadline)

    def _access_token(self, deadline: Deadline) -> str:
        """Return a token. An error means that the call itself was not sent."""
        try:
            return self._tokens.get(deadline.at_most(self._read_timeout))
        except IamportError as err:
            err.sent = False
            raise

    def _request_token(self, deadline: Deadline) -> Token:
        """Request a new token: `POST /users/getToken`. A refusal says nothing about a payment, key or registration."""
        try:
            answer = self._transport.send("POST", TOKEN_PATH, body=self._credentials, deadline=deadline)
            return read(Token.from_wire, answer)
        except Refused as refusal:
            failure = Unauthorized(f"no token: HTTP {refusal.status}, {refusal.message}")
            failure.retry_after = refusal.retry_after
            raise failure from refusal
