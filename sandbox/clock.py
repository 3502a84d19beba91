"""What time it is in the sandbox: whole Unix seconds, as the wire speaks them.

Every rule takes ``now`` as an argument; only views and workers ask here.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import current_app


def system() -> int:
    """The computer's own time."""
    return int(time.time())


def now() -> int:
    """The time of the running application: `system`, unless ``create_app`` was handed another clock."""
    clock: Callable[[], int] = current_app.extensions["sandbox_clock"]
    return clock()
