# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

"""A client library for accessing Communication preferences"""
