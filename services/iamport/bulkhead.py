"""The bulkhead: only some threads of a process may wait for the payment service, so that the others serve pages."""

import threading
from types import TracebackType

from .errors import Busy


class Bulkhead:
    """A number of places. `with` takes one, and raises `Busy` immediately when all are taken."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Whether all places are taken at this moment."""
        return self._taken >= self._places

    def __enter__(self) -> None:
        with self._lock:
            if self.is_full:
                raise Busy(f"{self._places} threads wait for the payment service already")
            self._taken += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._taken -= 1
