"""Tests of the connections, over each library that may carry the bytes."""
