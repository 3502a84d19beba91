"""The payment desk: what every use case that moves money needs, passed as one argument."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.guides import Guide
from services.iamport import IamportClient
from services.owners import Group
from services.processes import Process


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The payment service's client, the PG guides and the settings of payments."""

    client: IamportClient
    guides: Mapping[str, Guide]
    channels: Mapping[str, str]
    """`pg` (or channel key) by guide id, for each guide that does not use its own test channel."""
    public_url: str
    """The address to which buyers return and webhooks are sent, without a trailing slash."""
    dunning_days: tuple[int, ...]
    """Days after the first declined renewal on which the charge is retried."""
    claim_lifetime: timedelta
    """How long the lease of one process on a subscription lasts."""
    process: Process
    """This process, as its claims name it."""
    machine_now: Callable[[], datetime]
    """Reads the machine time of this process. A charge reads it several times, because each call takes time."""
    time_of: Callable[[int], datetime]
    """Returns the business time of a user, by id. Everyone has the same, except in a demonstration that moves time."""
    groups: Callable[[], Sequence[Group]]
    """Returns the groups of owners in whose times the worker looks for what is due. It reads them in every round.

    One group of everyone, except in a demonstration that moves time.
    """
    offers_retired: Callable[[], bool]
    """Returns whether this buyer may choose a PG that has left the market. Only a demonstration ever says yes."""
    takes_test_payments: bool
    """Whether this shop accepts a payment through a test channel, where no money moves."""

    @property
    def landing_url(self) -> str:
        """The `m_redirect_url`: one address for every PG and device, without a query of its own."""
        return f"{self.public_url}/payments/landing"

    @property
    def notice_url(self) -> str:
        """The address to which the payment service sends webhooks."""
        return f"{self.public_url}/webhooks/iamport"

    def channel(self, guide: Guide) -> str:
        """Return the `pg` code or channel key that this shop uses for the guide."""
        return self.channels.get(guide.id, guide.pg)

    def mid(self, guide: Guide) -> str:
        """Return the merchant's account at the PG (MID), or an empty string if the channel does not name one."""
        return self.channel(guide).partition(".")[2]
