"""Planted bugs of the engine, to prove that the simulation finds bugs."""
