"""What the service sells besides billing: identity checks, virtual accounts, receipts, escrow, Naver orders."""
