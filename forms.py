"""Forms: the shape of what a browser may send. The same classes check JSON bodies."""

from datetime import UTC

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, EmailField, PasswordField, RadioField, StringField, TelField
from wtforms.validators import DataRequired, Email, Length, Regexp, ValidationError
from wtforms.widgets import HiddenInput

REQUIRED = DataRequired(_("Please fill this in."))
PHONE = Regexp(r"[0-9+() -]{7,16}\Z", message=_("Please enter a phone number such as 010-1234-5678."))
EMAIL = Email(_("Please enter an e-mail address such as name@example.com."))


class BuyerForm(FlaskForm):
    """Who pays and by which PG. Lengths are what the payment service takes."""

    guide = RadioField(_("Payment provider"), validators=[DataRequired(_("Please choose how to pay."))])
    buyer_name = StringField(_("Name"), validators=[REQUIRED, Length(max=16)])
    buyer_email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL, Length(max=64)])
    buyer_tel = TelField(_("Phone"), validators=[REQUIRED, PHONE, Length(max=16)])


class SignInForm(FlaskForm):
    email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL])
    password = PasswordField(_("Password"), validators=[REQUIRED])


class SignUpForm(FlaskForm):
    name = StringField(_("Name"), validators=[REQUIRED, Length(max=16)])
    email = EmailField(_("E-mail"), validators=[REQUIRED, EMAIL, Length(max=64)])
    tel = TelField(_("Phone"), validators=[REQUIRED, PHONE, Length(max=16)])
    password = PasswordField(
        _("Password"),
        validators=[REQUIRED, Length(min=8, max=200, message=_("Please choose a password of at least 8 characters."))],
    )


class ChargeForm(FlaskForm):
    """Charge the period the person saw on the page: asked twice, it is still that one."""

    period_start = DateTimeLocalField(format="%Y-%m-%dT%H:%M:%S.%f%z", widget=HiddenInput(), validators=[REQUIRED])

    def validate_period_start(self, field: DateTimeLocalField) -> None:
        """A moment at the end of the calendar may have none in UTC."""
        try:
            field.data and field.data.astimezone(UTC)
        except OverflowError as err:
            raise ValidationError("in UTC the calendar does not reach that far") from err


class ConfirmForm(FlaskForm):
    """Nothing but the agreement itself."""
