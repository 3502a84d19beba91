"""Schedules: charges that the service makes automatically at a set time.

A shop that charges with its own worker (`again`) needs none.
"""

from collections.abc import Sequence

from .endpoints import Endpoints, given, segment
from .types import Schedule, ScheduledCharge, SchedulePage


class Schedules(Endpoints):
    """`/subscribe/payments/schedule` and `unschedule`."""

    def schedule(self, customer_uid: str, charges: Sequence[ScheduledCharge]) -> tuple[Schedule, ...]:
        """Schedule charges of a key: `POST /subscribe/payments/schedule`.

        Raises:
            Refused: when a time has passed, or a `merchant_uid` was used before; then none of them is scheduled.
            Unknown: when no usable answer arrived. Call `scheduled` before a retry.
        """
        body = {"customer_uid": customer_uid, "schedules": [charge.to_wire() for charge in charges]}
        return self._all(Schedule.from_wire, "POST", "/subscribe/payments/schedule", body=body)

    def unschedule(self, *, customer_uid: str = "", merchant_uids: Sequence[str] | None = None) -> tuple[Schedule, ...]:
        """Revoke schedules, and return them: `POST /subscribe/payments/unschedule`.

        By `customer_uid` alone all open ones of a key, by `merchant_uids` only these: an empty list revokes nothing.

        Raises:
            Refused: when nothing matches.
        """
        if merchant_uids is not None and not merchant_uids:
            return ()  # the service would take a request without the list as one for all
        body = given({"customer_uid": customer_uid, "merchant_uid": list(merchant_uids or ()) or ""})
        return self._all(Schedule.from_wire, "POST", "/subscribe/payments/unschedule", body=body)

    def scheduled(self, merchant_uid: str) -> Schedule:
        """Return a schedule: `GET /subscribe/payments/schedule/{merchant_uid}`.

        Raises:
            NotFound: when the service has no such schedule.
        """
        return self._one(Schedule.from_wire, "GET", f"/subscribe/payments/schedule/{segment(merchant_uid)}")

    def schedules_of_key(
        self, customer_uid: str, *, since: int, until: int, status: str = "", page: int = 1
    ) -> SchedulePage:
        """Return a key's schedules, the latest first: `GET /subscribe/payments/schedule/customers/{customer_uid}`.

        From `since` up to `until` (unix seconds, at most three months apart). `status` is `scheduled`, `executed` or
        `revoked`, or empty for all.
        """
        path = f"/subscribe/payments/schedule/customers/{segment(customer_uid)}"
        query = given({"from": str(since), "to": str(until), "schedule-status": status, "page": str(page)})
        return self._one(SchedulePage.from_wire, "GET", path, query=query)
