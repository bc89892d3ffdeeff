# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""Contains endpoint functions for accessing the API"""
