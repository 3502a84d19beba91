"""A worker that stops at one step of its first charge: `python -m tests.crash.worker STEP`, then `renew-due`'s options.

The process stops with SIGSTOP, so that a test can start another worker beside it before it kills this one.
"""

import signal
import sys
import threading

from flask.cli import ScriptInfo

from tests.crash.steps import open_shop

_stopped = threading.Event()
"""Set before the process stops: when it continues, it runs to its end."""


def stop() -> None:
    """Stop this process, once, before the calling thread takes another step."""
    if not _stopped.is_set():
        _stopped.set()
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


if __name__ == "__main__":
    app = open_shop(sys.argv[1], stop)
    app.cli.main(["renew-due", *sys.argv[2:]], obj=ScriptInfo(create_app=lambda: app))
