"""The errors by which the sandbox refuses a request.

`Refused` answers a REST call, `WindowRefused` a browser. `parameters.Malformed` becomes one or the other.
"""

UNEXPLAINED = "요청을 처리할 수 없습니다."
"""Replaces every error text of our own wording when the lever `own_texts` is off."""


class Refused(Exception):
    """A REST request is refused and makes no record. The envelope carries `code` and `message`.

    `http` is the HTTP status. `ours` marks a message that we wrote because the real service's text is unknown;
    `detail` is the part that we wrote of a message that is known otherwise. `retry_after` is the header of that name,
    in seconds; with 0 the answer has none. `sent` is the refused value: if it is a placeholder of the documents, the
    answer explains it.
    """

    def __init__(
        self,
        code: int,
        message: str,
        http: int = 200,
        *,
        ours: bool = False,
        detail: str = "",
        retry_after: int = 0,
        sent: str = "",
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.http = code, message, http
        self.detail = message if ours else detail
        self.retry_after, self.sent = retry_after, sent


class NotConfigured(Refused):
    """A setting of the merchant is missing, so nothing of the buyer's is at fault."""


class WindowRefused(Exception):
    """A window does not open. The shop's callback receives `error_code`, `error_msg` and, once known, `imp_uid`.

    `sent` is the refused value, as in `Refused`.
    """

    def __init__(self, error_code: str, error_msg: str, imp_uid: str | None = None, *, sent: str = "") -> None:
        super().__init__(error_msg)
        self.error_code, self.error_msg, self.imp_uid, self.sent = error_code, error_msg, imp_uid, sent
