"""The rules of the shop: a module per subject, a function per use case. Each function owns its transaction."""
