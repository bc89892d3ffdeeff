# Generated from openapi/*.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""The low-level clients: one package for each API version."""
