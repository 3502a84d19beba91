"""The payment desk: what every use case that touches money is handed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.guides import Guide
from services.iamport import IamportClient


@dataclass(frozen=True, kw_only=True)
class Desk:
    client: IamportClient
    guides: Mapping[str, Guide]
    channels: Mapping[str, str]
    """`pg` (or channel key) by guide id, where it is not the test channel the guide names."""
    public_url: str
    """Where buyers come back to and webhooks go, no trailing slash."""
    dunning_days: tuple[int, ...]
    claim_lifetime: timedelta
    takes_test_payments: bool
    """Whether a payment through a test channel, where no money moves, pays anything here."""

    @property
    def landing_url(self) -> str:
        """`m_redirect_url`: one neutral address for every PG and device, without a query of its own."""
        return f"{self.public_url}/payments/landing"

    @property
    def notice_url(self) -> str:
        return f"{self.public_url}/webhooks/iamport"

    def channel(self, guide: Guide) -> str:
        return self.channels.get(guide.id, guide.pg)

    def mid(self, guide: Guide) -> str:
        """The account at the PG that we ask for; empty where the channel does not name one."""
        return self.channel(guide).partition(".")[2]
