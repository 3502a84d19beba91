"""What only a demonstration needs: sample people, one-click sign-in. The shop never imports this by name."""

from flask import Flask


def register(app: Flask) -> None:
    pass
