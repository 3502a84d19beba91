"""What every endpoint does: send its fields, and return the answer as values.

Documentation of every endpoint: https://developers.portone.io/api/rest-v1
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from .calls import Calls
from .errors import IamportError, NotFound, Refused
from .transport import read

T = TypeVar("T")


class Endpoints:
    """The base of the classes that have one method per endpoint.

    Every method may also raise `Refused`, `Unauthorized` and `Unknown` (see `errors`).
    """

    _calls: Calls

    def _one(self, from_wire: Callable[[Mapping[str, Any]], T], method: str, path: str, **request: Any) -> T:
        """Call the endpoint, and return the record in its answer. Success without a record is no success."""
        return self._read(dict, from_wire, method, path, **request)

    def _all(
        self, from_wire: Callable[[Mapping[str, Any]], T], method: str, path: str, **request: Any
    ) -> tuple[T, ...]:
        """Call the endpoint, and return the list of records in its answer."""
        return self._read(list, lambda records: tuple(map(from_wire, records)), method, path, **request)

    def _read(self, kind: type, from_wire: Callable[[Any], T], method: str, path: str, **request: Any) -> T:
        answer = self._calls.call(method, path, **request)
        try:
            if not isinstance(answer, kind):
                raise Refused("the service reports success, and no record", code=0)
            return read(from_wire, answer)
        except IamportError as err:
            err.method, err.url, err.status = method, self._calls.url_of(path, request.get("query")), 200
            raise


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without those that are empty."""
    return {name: value for name, value in fields.items() if value not in ("", ())}


def segment(value: str) -> str:
    """Return the id as one segment of a path.

    Raises:
        NotFound: for dots alone, which would lead to another address.
    """
    if value.strip(".") == "":
        raise NotFound(f"{value!r} is not a valid id", status=404)
    return quote(value, safe="")
