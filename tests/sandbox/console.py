"""The console of the default merchant: its address and the paths of its pages."""

HOME = "/console/imp00000000"

SECTIONS = (
    "",
    "/payments",
    "/keys",
    "/schedules",
    "/checks",
    "/webhooks",
    "/wire",
    "/clock",
    "/levers",
    "/fidelity",
    "/merchants",
    "/search",
)
