# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""A client library for accessing Communication preferences"""
