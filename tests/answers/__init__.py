"""Tests of comparing what two versions answer."""
