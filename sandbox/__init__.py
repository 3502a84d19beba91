"""A Flask application of its own that plays I'mport (PortOne V1): REST API, browser SDK, payment windows, webhooks."""
