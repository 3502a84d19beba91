"""The channels of a merchant: its contracts with PGs, and the one that a request names."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from ..facts import placeholders
from ..facts.pgs import Profile, UnknownPG, profile_for
from ..ledger.models import Merchant


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One contract of a merchant with a PG, as `GET /users/pg` returns it."""

    pg_provider: str
    pg_id: str
    channel_name: str
    channel_key: str

    @property
    def pg(self) -> str:
        """The value of `pg` that names this channel: `code.MID`."""
        return f"{self.pg_provider}.{self.pg_id}"


def channels(merchant: Merchant) -> list[Channel]:
    """Return the merchant's channels, the default first. Their keys are the same in every worker and after every start.

    Raises:
        UnknownPG: when `merchant.pg_channels` names a PG that does not exist.
    """
    return [_channel(merchant, pg) for pg in merchant.pg_channels]


def channel_of(merchant: Merchant, pg: str | None, channel_key: str | None = None) -> Channel:
    """Return the channel that a request names by `channel_key` or `pg` (`code`, `code.MID`, nothing for the default).

    Raises:
        UnknownPG: when the merchant has no such channel.
    """
    configured = channels(merchant)
    if channel_key:
        chosen = next((channel for channel in configured if channel.channel_key == channel_key), None)
    elif not pg:
        chosen = next(iter(configured), None)
    else:
        code, _, mid = pg.partition(".")
        if placeholders.find(pg):
            raise UnknownPG(pg)  # otherwise `html5_inicis.{MID}` would name a merchant id
        chosen = next((channel for channel in configured if channel.pg_provider == code), None)
        if chosen is not None and mid:
            return _channel(merchant, pg)
    if chosen is None:
        raise UnknownPG(channel_key or pg)
    return chosen


def _channel(merchant: Merchant, pg: str) -> Channel:
    profile, mid = with_windows(pg), mid_of(pg)
    key = uuid5(NAMESPACE_URL, f"sandbox:{merchant.code}:{profile.code}.{mid}")
    return Channel(
        pg_provider=profile.code, pg_id=mid, channel_name=f"{profile.name_en} test", channel_key=f"channel-key-{key}"
    )


def with_windows(pg: str) -> Profile:
    """Return the profile of `pg`, for which a shop may have a channel.

    Raises:
        UnknownPG: when no PG has this code, or it opens no windows.
    """
    profile = profile_for(pg)
    if not profile.opens_windows:
        raise UnknownPG(pg)
    return profile


def mid_of(pg: str | None) -> str:
    """Return the merchant id (MID) in `pg`, or the default one of its profile.

    Raises:
        UnknownPG: when `pg` has no MID and no PG has its code.
    """
    return (pg or "").partition(".")[2] or profile_for(pg).mid
