"""Rules as data, and the dispatch that judges resources by them through Pulumi's policy SDK."""
