"""How the sandbox turns a shop down.

`Refused` over REST, `WindowRefused` in the browser; `parameters.Malformed` is either before it is dressed.
"""


class Refused(Exception):
    """REST: the request is turned down, and no record is made. Goes out in the envelope.

    `ours`: nobody knows the real service's text, this one is our own.
    """

    def __init__(self, code: int, message: str, http: int = 200, *, ours: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.http, self.ours = code, message, http, ours


class WindowRefused(Exception):
    """Browser: the window does not open. Reaches the shop as the callback's `error_code` and `error_msg`."""

    def __init__(self, error_code: str, error_msg: str, imp_uid: str | None = None) -> None:
        super().__init__(error_msg)
        self.error_code, self.error_msg, self.imp_uid = error_code, error_msg, imp_uid
