"""Forms: the fields that a browser may send, and their shape. The same classes check JSON bodies."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

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

import texts

REQUIRED = DataRequired(_("Please fill this in."))
NAME = Length(max=100, message=_("Please use at most %(max)d characters."))
PHONE = Regexp(r"(?=.{7,32}\Z)(?:-*[0-9+]){1,16}-*\Z", message=_("Please enter a phone number such as 010-1234-5678."))
"""At most 16 characters beside the dashes: no number of E.164 is longer, and the payment service accepts no more."""
ADDRESS = Length(max=64, message=NAME.message)
"""What the payment service accepts. A shortened address would be another person's."""
EMAIL = Email(_("Please enter an e-mail address such as name@example.com."))


class TypedForm(FlaskForm):
    """A form of texts that people type: each arrives in one form. Only a password stays as it was typed."""

    class Meta(FlaskForm.Meta):
        """How a form makes its fields."""

        def bind_field(self, form: FlaskForm, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Return the field, which brings its text to one form before any other filter and validator sees it."""
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                options = {**options, "filters": [_in_one_form(kind), *unbound_field.kwargs.get("filters", ())]}
            return unbound_field.bind(form=form, **options)


def _in_one_form(kind: type[StringField]) -> Callable[[str | None], str | None]:
    """Return the filter for fields of this kind. A field that was not sent has no text."""
    form = next((form for special, form in SPECIAL.items() if issubclass(kind, special)), texts.one_line)
    return lambda text: text and form(text)


SPECIAL = {EmailField: texts.email, TelField: texts.phone}
"""Fields whose texts are no sentences."""


class BuyerForm(TypedForm):
    """Who pays, and through which PG. What is too long for a PG is shortened when it is sent."""

    guide = RadioField(_("Payment provider"), validators=[DataRequired(_("Please choose how to pay."))])
    buyer_name = StringField(_("Name"), validators=[REQUIRED, NAME])
    buyer_email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL, ADDRESS])
    buyer_tel = TelField(_("Phone"), validators=[REQUIRED, PHONE])


class SignInForm(TypedForm):
    """The e-mail address and password of an existing account."""

    email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL])
    password = PasswordField(_("Password"), validators=[REQUIRED])


class SignUpForm(TypedForm):
    """A new account. The checkout form starts with its name, e-mail address and phone number."""

    name = StringField(_("Name"), validators=[REQUIRED, NAME])
    email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL, ADDRESS])
    tel = TelField(_("Phone"), validators=[REQUIRED, PHONE])
    password = PasswordField(
        _("Password"),
        validators=[REQUIRED, Length(min=8, max=200, message=_("Please choose a password of at least 8 characters."))],
    )


class ChargeForm(TypedForm):
    """Charge the period that the page showed. A repeated request names the same period, so it charges only once."""

    period_start = DateTimeLocalField(format="%Y-%m-%dT%H:%M:%S.%f%z", widget=HiddenInput(), validators=[REQUIRED])

    def validate_period_start(self, field: DateTimeLocalField) -> None:
        """Refuse a time at the end of the calendar that does not exist in UTC."""
        try:
            field.data and field.data.astimezone(UTC)
        except OverflowError as err:
            raise ValidationError("this time does not exist in UTC") from err


class ReasonForm(TypedForm):
    """Why a member of staff does something. The audit trail keeps it."""

    reason = StringField(_("Reason"), validators=[REQUIRED, Length(max=200, message=NAME.message)])


class NoteForm(ReasonForm):
    """What a member of staff writes when closing a case."""

    reason = StringField(_("Note"), validators=[REQUIRED, Length(max=200, message=NAME.message)])


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


class ConfirmForm(TypedForm):
    """A form without fields: sending it confirms an action."""
