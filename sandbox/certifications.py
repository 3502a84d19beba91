"""Identity checks without a window: a code goes to a phone, and whoever repeats it is who they say."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from sandbox.errors import Refused
from sandbox.instruments import digits
from sandbox.models import Merchant, Model, db, exclusive
from sandbox.parameters import MERCHANT_UID_LIMIT, Fields, Malformed, flag, missing, required_text, text, word

NOT_FOUND = "인증결과가 존재하지 않습니다."
CERTIFIED_ALREADY = "이미 인증이 완료된 건입니다."
WRONG_OTP = "인증번호가 일치하지 않습니다."

OTP = "123456"
"""The code every phone of the sandbox gets."""

CARRIERS = ("SKT", "KT", "LGT")

_GENDERS = {
    "1": "male",
    "3": "male",
    "5": "male",
    "7": "male",
    "2": "female",
    "4": "female",
    "6": "female",
    "8": "female",
}
_FOREIGNERS = ("5", "6", "7", "8")
_BORN_BEFORE_2000 = ("1", "2", "5", "6")


class Certification(Model):
    """One check, finished or not."""

    __tablename__ = "certifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    imp_uid: Mapped[str] = mapped_column(unique=True)
    merchant_uid: Mapped[str | None]
    name: Mapped[str]
    phone: Mapped[str]
    birthday: Mapped[str]
    """``YYYY-MM-DD``"""
    gender: Mapped[str]
    foreigner: Mapped[bool]
    carrier: Mapped[str]
    certified_at: Mapped[int] = mapped_column(default=0)

    def key_for(self, scope: str) -> str:
        """Hex that is the same for the same person in the same ``scope``."""
        person = f"{scope}|{self.name}|{self.birthday}|{self.phone}"
        return hashlib.sha256(person.encode()).hexdigest()


def request(merchant: Merchant, fields: Fields) -> Certification:
    """Have a code sent to a phone. Raises `Malformed` when it cannot be anybody's."""
    gender_digit = required_text(fields, "gender_digit")
    if gender_digit not in _GENDERS:
        raise Malformed("gender_digit 파라메터가 올바르지 않습니다.")
    carrier = word(fields, "carrier", CARRIERS)
    if carrier is None:
        raise missing("carrier")
    asked = Certification(
        merchant_id=merchant.id,
        imp_uid=f"imp_{secrets.randbelow(10**12):012d}",
        merchant_uid=text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT),
        name=required_text(fields, "name"),
        phone=_phone(fields),
        birthday=_birthday(fields, gender_digit),
        gender=_GENDERS[gender_digit],
        foreigner=gender_digit in _FOREIGNERS,
        carrier=f"{carrier}_MVNO" if flag(fields, "is_mvno") else carrier,
    )
    with exclusive(merchant):
        db.session.add(asked)
    return asked


def confirm(merchant: Merchant, imp_uid: str, fields: Fields, now: int) -> Certification:
    """Repeat the code. Raises `Refused` (404) for nobody's check, `Malformed` for a wrong code or a second time."""
    otp = required_text(fields, "otp")
    with exclusive(merchant):
        certification = get(merchant, imp_uid)
        if certification.certified_at:
            raise Malformed(CERTIFIED_ALREADY)
        if not hmac.compare_digest(otp.encode(), OTP.encode()):
            raise Malformed(WRONG_OTP)
        certification.certified_at = now
    return certification


def remove(merchant: Merchant, imp_uid: str) -> Certification:
    """Forget a check; it is returned once more. Raises `Refused` (404)."""
    with exclusive(merchant):
        certification = get(merchant, imp_uid)
        db.session.delete(certification)
    return certification


def get(merchant: Merchant, imp_uid: str) -> Certification:
    """Raises `Refused` (404)."""
    certification = db.session.scalar(
        select(Certification).where(Certification.merchant_id == merchant.id, Certification.imp_uid == imp_uid)
    )
    if certification is None:
        raise Refused(-1, NOT_FOUND, http=404)
    return certification


def _phone(fields: Fields) -> str:
    phone = digits(required_text(fields, "phone"))
    if not 9 <= len(phone) <= 11:
        raise Malformed("phone 파라메터가 올바르지 않습니다.")
    return phone


def _birthday(fields: Fields, gender_digit: str) -> str:
    """From ``YYMMDD``, whose century the gender digit tells, or ``YYYYMMDD``."""
    born = digits(required_text(fields, "birth"))
    if len(born) == 6:
        born = ("19" if gender_digit in _BORN_BEFORE_2000 else "20") + born
    if len(born) != 8 or not ("01" <= born[4:6] <= "12" and "01" <= born[6:] <= "31"):
        raise Malformed("birth 파라메터는 YYMMDD 형식이어야 합니다.")
    return f"{born[:4]}-{born[4:6]}-{born[6:]}"
