"""An independent Flask application that plays I'mport (PortOne V1): REST API, browser SDK, windows and webhooks."""

__version__ = "0.1.0"
"""The version of the whole repository. `pyproject.toml` reads it here; `python -m sandbox --version` prints it."""
