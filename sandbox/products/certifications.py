"""Identity checks, over REST or in a window: a phone receives a code, and repeating the code proves the identity."""

import hashlib
import hmac
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..facts import carriers
from ..facts.instruments import digits
from ..ledger.models import Merchant, Model, db
from ..ledger.transactions import exclusive
from ..merchants import levers
from ..rules import pg_checks
from ..wire.errors import Refused
from ..wire.parameters import (
    MERCHANT_UID_LIMIT,
    Fields,
    Malformed,
    flag,
    integer,
    missing,
    required_text,
    text,
    urls,
    word,
)

NOT_FOUND = "인증결과가 존재하지 않습니다."
CERTIFIED_ALREADY = "이미 인증이 완료된 건입니다."
WRONG_OTP = "인증번호가 일치하지 않습니다."
IN_A_WINDOW = "본인인증 창에서 진행 중인 건입니다."

OTP = "123456"
"""The code that every phone receives in the sandbox."""

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


class TooYoung(Exception):
    """The person in the window is younger than `min_age`, the exception's argument. Only the window says so."""


class Certification(Model):
    """One identity check, finished or not."""

    __tablename__ = "certifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    imp_uid: Mapped[str] = mapped_column(unique=True)
    merchant_uid: Mapped[str | None]
    name: Mapped[str] = mapped_column(default="")
    """'' until the window's form is submitted, like the other fields of the person."""
    phone: Mapped[str] = mapped_column(default="")
    birthday: Mapped[str] = mapped_column(default="")
    """`YYYY-MM-DD`"""
    gender: Mapped[str] = mapped_column(default="")
    foreigner: Mapped[bool] = mapped_column(default=False)
    carrier: Mapped[str] = mapped_column(default="")
    certified_at: Mapped[int] = mapped_column(default=0)
    window: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What its window was opened with: `form`, `origin`, `page`, `m_redirect_url`, `language`, `min_age`, and under
    `filled` the first values of its fields. Empty for a check over REST."""

    merchant: Mapped[Merchant] = relationship()

    def key_for(self, scope: str) -> str:
        """Return hex digits that are the same for the same person in the same `scope`, whatever their phone."""
        person = f"{scope}|{self.name}|{self.birthday}|{self.gender}"
        return hashlib.sha256(person.encode()).hexdigest()


def request(merchant: Merchant, fields: Fields) -> Certification:
    """Start a check over REST by sending a code to a phone.

    Raises:
        Malformed: when a field of the person is missing or wrong, or `merchant_uid` is.
    """
    pg_checks.check_call(merchant, "POST /certifications/otp/request", fields)
    check = _new(merchant, text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT))
    for name, value in _person(fields).items():
        setattr(check, name, value)
    with exclusive(merchant):
        db.session.add(check)
    return check


def open_window(
    merchant: Merchant, params: Fields, device: str, origin: str, page: str | None, now: int
) -> Certification:
    """Create the check behind a window from the parameters of `IMP.certification`.

    On a phone the window replaces the page, unless `popup` is true. `page` is the page's address.

    Raises:
        Malformed: when the window replaces the page and `m_redirect_url` is missing, or a field is of the wrong shape.
    """
    replaces = device == "mobile" and params.get("popup") is not True
    target = next(iter(urls(params, "m_redirect_url")), None)
    if replaces and target is None:
        raise missing("m_redirect_url")
    check = _new(merchant, text(params, "merchant_uid", limit=MERCHANT_UID_LIMIT) or f"nobody_{now}000")
    check.window = {
        "form": "page" if replaces else levers.get(merchant, "certification_form"),
        "origin": origin,
        "page": page,
        "m_redirect_url": target,
        "language": text(params, "language"),
        "min_age": integer(params, "min_age", most=200),
        "filled": _filled(params),
    }
    with exclusive(merchant):
        db.session.add(check)
    return check


def identify(certification: Certification, fields: Fields, now: int) -> Certification:
    """Finish the check with the person in the window's form. Return a finished check unchanged.

    Raises:
        Malformed: when a field is wrong; `wrong_field` names the first.
        TooYoung: when the person is younger than the shop's `min_age`. The check stays as it is.
    """
    person = _person(fields)
    _check_otp(fields)
    least = certification.window.get("min_age") or 0
    if _age(person["birthday"], now) < least:
        raise TooYoung(least)
    with exclusive(certification):
        if not certification.certified_at:
            for name, value in person.items():
                setattr(certification, name, value)
            certification.certified_at = now
    return certification


def wrong_field(fields: Fields) -> str | None:
    """Return the name of the first wrong field of a window's form, or None."""
    for name, read in _READERS.items():
        try:
            read(fields)
        except Malformed:
            return name
    return None


def confirm(merchant: Merchant, imp_uid: str, fields: Fields, now: int) -> Certification:
    """Finish a check over REST with the code.

    Raises:
        Refused: when the merchant has no such check (HTTP 404).
        Malformed: when the code is wrong, the check is finished, or it belongs to a window.
    """
    required_text(fields, "otp")
    with exclusive(merchant):
        certification = get(merchant, imp_uid)
        if certification.certified_at:
            raise Malformed(CERTIFIED_ALREADY)
        _check_otp(fields)
        if not certification.name:
            raise Malformed(IN_A_WINDOW)
        certification.certified_at = now
    return certification


def remove(merchant: Merchant, imp_uid: str) -> Certification:
    """Delete a check and return it.

    Raises:
        Refused: with HTTP 404, when the merchant has no such check.
    """
    with exclusive(merchant):
        certification = get(merchant, imp_uid)
        db.session.delete(certification)
    return certification


def get(merchant: Merchant, imp_uid: str) -> Certification:
    """Return the merchant's check with this `imp_uid`.

    Raises:
        Refused: with HTTP 404, when the merchant has no such check.
    """
    certification = db.session.scalar(
        select(Certification).where(Certification.merchant_id == merchant.id, Certification.imp_uid == imp_uid)
    )
    if certification is None:
        raise Refused(-1, NOT_FOUND, http=404)
    return certification


def _new(merchant: Merchant, merchant_uid: str | None) -> Certification:
    imp_uid = f"imp_{secrets.randbelow(10**12):012d}"
    return Certification(merchant=merchant, imp_uid=imp_uid, merchant_uid=merchant_uid, window={}, certified_at=0)


def _filled(params: Fields) -> dict[str, Any]:
    """Return what the window's form begins with. Raises `Malformed`."""
    carrier = word(params, "carrier", tuple(carriers.WINDOW))
    return {
        **{name: text(params, name, limit=64) for name in ("name", "phone")},
        **(carriers.WINDOW[carrier] if carrier else {}),
    }


def _person(fields: Fields) -> dict[str, Any]:
    """Return the person that the fields describe. Raises `Malformed`."""
    gender_digit, carrier = _gender_digit(fields), _carrier(fields)
    return {
        "name": required_text(fields, "name"),
        "phone": _phone(fields),
        "birthday": _birthday(fields, gender_digit),
        "gender": _GENDERS[gender_digit],
        "foreigner": gender_digit in _FOREIGNERS,
        "carrier": f"{carrier}_MVNO" if flag(fields, "is_mvno") else carrier,
    }


def _gender_digit(fields: Fields) -> str:
    gender_digit = required_text(fields, "gender_digit")
    if gender_digit not in _GENDERS:
        raise Malformed("gender_digit 파라메터가 올바르지 않습니다.")
    return gender_digit


def _carrier(fields: Fields) -> str:
    carrier = word(fields, "carrier", carriers.REST)
    if carrier is None:
        raise missing("carrier")
    return carrier


def _check_otp(fields: Fields) -> None:
    if not hmac.compare_digest(required_text(fields, "otp").encode(), OTP.encode()):
        raise Malformed(WRONG_OTP)


def _age(birthday: str, now: int) -> int:
    """Return the age in full years on today's date in Seoul."""
    born = date.fromisoformat(birthday)
    today = (datetime.fromtimestamp(now, UTC) + timedelta(hours=9)).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _phone(fields: Fields) -> str:
    phone = digits(required_text(fields, "phone"))
    if not 9 <= len(phone) <= 11:
        raise Malformed("phone 파라메터가 올바르지 않습니다.")
    return phone


def _birthday(fields: Fields, gender_digit: str) -> str:
    """Return `YYYY-MM-DD` from `YYYYMMDD`, or from `YYMMDD` with the gender digit's century. Raises `Malformed`."""
    born = digits(required_text(fields, "birth"))
    if len(born) == 6:
        born = ("19" if gender_digit in _BORN_BEFORE_2000 else "20") + born
    try:
        return date.fromisoformat(f"{born[:4]}-{born[4:6]}-{born[6:]}").isoformat()
    except ValueError:
        raise Malformed("birth 파라메터는 YYMMDD 형식이어야 합니다.") from None


_READERS = {
    "name": lambda fields: required_text(fields, "name"),
    "birth": lambda fields: _birthday(fields, "1"),
    "gender_digit": _gender_digit,
    "carrier": _carrier,
    "phone": _phone,
    "otp": _check_otp,
}
"""Fields of the form, from top to bottom → the function that raises `Malformed` when one is wrong."""
