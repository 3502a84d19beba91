"""What the real service would decide. A rule knows no HTTP and no HTML; it owns its transaction."""
