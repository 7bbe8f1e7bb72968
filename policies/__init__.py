"""What is refused: two policy packs, residency and hardening, on one small engine of rules as data."""
