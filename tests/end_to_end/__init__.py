"""Whole environments on the real engine, as a user brings them up."""
