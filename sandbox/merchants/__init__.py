"""The shops the sandbox serves: their register, channels, clocks, levers and access tokens."""
