"""The secret in a window's address: who has it may act as the payer."""

import hashlib
import hmac

from ..ledger.models import Payment
from ..products.certifications import Certification


def window_key(opened: Payment | Certification) -> str:
    """32 hex characters, the same in every worker, so nothing has to be stored or shared.

    It stands in the query of the window and of its forms, and so is the forms' protection against CSRF.
    """
    secret = opened.merchant.secret.encode()
    return hmac.new(secret, opened.imp_uid.encode(), hashlib.sha256).hexdigest()[:32]


def is_window_key(opened: Payment | Certification, candidate: str) -> bool:
    return hmac.compare_digest(window_key(opened).encode(), candidate.encode())
