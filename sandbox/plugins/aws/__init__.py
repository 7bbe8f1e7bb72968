"""A provider plugin for AWS that needs no download: a table of resource types, interpreted with botocore.

It stands in for the plugin of pulumi-aws where that one cannot be had, for the types that an environment is made of,
keeps the same ids, inputs and outputs, and talks to loopback endpoints only.
"""
