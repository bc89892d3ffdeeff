"""Tests of comparing versions: their contracts, and what they answer."""
