"""A Flask application of its own that plays I'mport (PortOne V1): REST API, browser SDK, payment windows, webhooks."""

__version__ = "0.1.0"
"""Of the whole repository; `pyproject.toml` reads it from here, and `python -m sandbox --version` prints it."""
