# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""The models of requests and replies, a module each: who needs one builds no other."""
