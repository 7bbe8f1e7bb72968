"""Provider plugins for machines where the official ones cannot be downloaded.

``protocol`` speaks the engine's provider protocol, ``aws`` and ``kubernetes`` say what a resource is, ``install``
puts them, or the official plugins where those are present, where the engine looks for plugins.
"""
