"""Tests of how a comparison is told."""
