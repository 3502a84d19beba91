"""The rules of the shop: a module per subject, a function per use case, each owning its transaction."""
