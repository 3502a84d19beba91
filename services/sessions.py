"""Sessions: one row for each sign-in. The browser keeps a token, the database its hash. All times are machine time."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select

from models import Session, User, db

LIFETIME = timedelta(days=31)
"""How long a sign-in lasts, even in a browser that is never closed. Flask's cookies last as long."""


def begin(user: User, *, now: datetime) -> str:
    """Store a new session of this person, and return its token: the only copy."""
    token = secrets.token_urlsafe(32)
    db.session.add(Session(token_hash=_hash(token), user_id=user.id, expires_at=now + LIFETIME))
    db.session.commit()
    return token


def user_of(token: str, *, now: datetime) -> User | None:
    """Return the person whose session has this token, or None if it has ended or never existed."""
    row = (Session.token_hash == _hash(token)) & (Session.expires_at > now)
    user = db.session.scalar(select(User).join(Session).where(row))
    if user is not None:
        user.session_token = token
    return user


def end(token: str) -> None:
    """End the session with this token, if there is one."""
    db.session.execute(delete(Session).where(Session.token_hash == _hash(token)))
    db.session.commit()


def end_all(user: User) -> None:
    """End every session of this person, in all browsers."""
    db.session.execute(delete(Session).where(Session.user_id == user.id))
    db.session.commit()


def prune(*, now: datetime) -> None:
    """Delete the sessions that have expired."""
    db.session.execute(delete(Session).where(Session.expires_at <= now))
    db.session.commit()


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
