"""What the real service would decide, one module per subject. A rule owns its transaction and knows no HTTP or HTML."""
