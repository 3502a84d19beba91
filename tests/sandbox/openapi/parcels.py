"""Bodies of `POST /paymentwall/delivery`, without the ids of the payment."""

DELIVERY = {
    "type": "digital",
    "status": "delivered",
    "refundable": "yes",
    "estimated_delivery_datetime": 1_800_000_000,
    "estimated_update_datetime": 1_800_000_000,
    "shipping_address_email": "mae@example.com",
}
"""A delivery by email, which needs no carrier and no address."""

PARCEL = {
    **DELIVERY,
    **dict.fromkeys(("carrier_tracking_id", "carrier_type"), "x"),
    **dict.fromkeys(
        (f"shipping_address_{part}" for part in ("country", "city", "zip", "state", "street", "phone")), "x"
    ),
    **dict.fromkeys(("shipping_address_firstname", "shipping_address_lastname"), "x"),
    "type": "physical",
}
"""A delivery of goods by a carrier."""
