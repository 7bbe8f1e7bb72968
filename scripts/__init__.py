"""The front doors: what people and schedulers start."""
