"""Compute and check the secret in a window's address. A caller who has it may act as the payer."""

import hashlib
import hmac

from ..ledger.models import Payment
from ..products.certifications import Certification


def window_key(opened: Payment | Certification) -> str:
    """Return the window's secret: 32 hex characters, equal in every worker, so that none has to store or share it.

    It is in the query of the window and of its forms, and so protects the forms against CSRF.
    """
    secret = opened.merchant.secret.encode()
    return hmac.new(secret, opened.imp_uid.encode(), hashlib.sha256).hexdigest()[:32]


def is_window_key(opened: Payment | Certification, candidate: str) -> bool:
    """Whether `candidate` is the window's secret. The comparison takes the same time for every candidate."""
    return hmac.compare_digest(window_key(opened).encode(), candidate.encode())
