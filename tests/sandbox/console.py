"""Where the console of the default merchant is, and its pages."""

HOME = "/console/imp00000000"

SECTIONS = (
    "",
    "/payments",
    "/keys",
    "/schedules",
    "/webhooks",
    "/wire",
    "/clock",
    "/levers",
    "/fidelity",
    "/merchants",
    "/search",
)
