"""Forms: the fields that a browser may send, and their shape. The same classes check JSON bodies."""

import re
from datetime import UTC

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (  # type: ignore[attr-defined]  # `SelectChoice` is newer than its types
    DateTimeLocalField,
    DecimalField,
    EmailField,
    PasswordField,
    RadioField,
    SelectChoice,
    StringField,
    TelField,
)
from wtforms.validators import DataRequired, Email, InputRequired, Length, Regexp, ValidationError
from wtforms.widgets import HiddenInput

REQUIRED = DataRequired(_("Please fill this in."))
SHORT = Length(max=16, message=_("Please use at most %(max)d characters."))
PHONE = Regexp(r"[0-9+-]{7,16}\Z", message=_("Please enter a phone number such as 010-1234-5678."))
LONG = Length(max=64, message=SHORT.message)
EMAIL = Email(_("Please enter an e-mail address such as name@example.com."))


def _plain(number: str | None) -> str | None:
    """Return the phone number without brackets and spaces, which the payment service does not accept."""
    return re.sub(r"[() ]", "", number) if number else number


class BuyerForm(FlaskForm):
    """Who pays, and through which PG. The payment service limits the lengths."""

    guide = RadioField(_("Payment provider"), validators=[DataRequired(_("Please choose how to pay."))])
    buyer_name = StringField(_("Name"), validators=[REQUIRED, SHORT])
    buyer_email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL, LONG])
    buyer_tel = TelField(_("Phone"), validators=[REQUIRED, PHONE], filters=[_plain])


class SignInForm(FlaskForm):
    """The e-mail address and password of an existing account."""

    email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL])
    password = PasswordField(_("Password"), validators=[REQUIRED])


class SignUpForm(FlaskForm):
    """A new account. The checkout form starts with its name, e-mail address and phone number."""

    name = StringField(_("Name"), validators=[REQUIRED, SHORT])
    email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL, LONG])
    tel = TelField(_("Phone"), validators=[REQUIRED, PHONE], filters=[_plain])
    password = PasswordField(
        _("Password"),
        validators=[REQUIRED, Length(min=8, max=200, message=_("Please choose a password of at least 8 characters."))],
    )


class ChargeForm(FlaskForm):
    """Charge the period that the page showed. A repeated request names the same period, so it charges only once."""

    period_start = DateTimeLocalField(format="%Y-%m-%dT%H:%M:%S.%f%z", widget=HiddenInput(), validators=[REQUIRED])

    def validate_period_start(self, field: DateTimeLocalField) -> None:
        """Refuse a time at the end of the calendar that does not exist in UTC."""
        try:
            field.data and field.data.astimezone(UTC)
        except OverflowError as err:
            raise ValidationError("this time does not exist in UTC") from err


class ReasonForm(FlaskForm):
    """Why a member of staff does something. The audit trail keeps it."""

    reason = StringField(_("Reason"), validators=[REQUIRED, Length(max=200, message=SHORT.message)])


class NoteForm(ReasonForm):
    """What a member of staff writes when closing a case."""

    reason = StringField(_("Note"), validators=[REQUIRED, Length(max=200, message=SHORT.message)])


ENDS_WITH_PERIOD = SelectChoice("period_end", _("Nothing more is charged, and access ends with the paid period"))
ENDS_NOW = SelectChoice("end", _("It ends now, and access with it"))


class CancelForm(ReasonForm):
    """The end of a subscription by staff: when, and why."""

    effect = RadioField(_("When does access end?"), choices=[ENDS_WITH_PERIOD, ENDS_NOW], default="period_end")


class RefundForm(ReasonForm):
    """A refund by staff, in major units. `left` is what the page showed as left, and the record must still show."""

    amount = DecimalField(_("Amount"), places=None, validators=[InputRequired(REQUIRED.message)])
    left = DecimalField(places=None, widget=HiddenInput(), validators=[InputRequired(REQUIRED.message)])
    effect = RadioField(
        _("What happens to the subscription?"),
        choices=[
            SelectChoice("keep", _("It continues unchanged")),
            SelectChoice("suspend", _("It is suspended until we decide")),
            ENDS_WITH_PERIOD,
            ENDS_NOW,
        ],
        validators=[DataRequired(_("Please choose what happens to the subscription."))],
    )

    def validate_amount(self, field: DecimalField) -> None:
        """Refuse an amount that is not a number between 0 and what is left."""
        left = self.left.data
        if field.data is None or left is None or not (field.data.is_finite() and 0 < field.data <= left):
            raise ValidationError(_("Please enter an amount above 0 that is not more than is left."))


class StaffChargeForm(ChargeForm, ReasonForm):
    """A charge by staff: the period that the page showed, and why."""


class ConfirmForm(FlaskForm):
    """A form without fields: sending it confirms an action."""
