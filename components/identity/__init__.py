"""Who may do what, as data: one policy document an operation, the boundary around all of them, the organization's.

Nothing here knows Pulumi's resources: ``components`` makes policies and roles of the documents, and
``scripts/documents.py`` prints those that a client's bootstrap needs before there is a stack.
"""
