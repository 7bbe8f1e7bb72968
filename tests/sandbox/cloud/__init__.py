"""Tests of the AWS endpoint, over its wire."""
