"""Tests of the local HubSpot."""
