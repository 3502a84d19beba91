"""Webhook notices of payments, and their delivery to the shops."""
