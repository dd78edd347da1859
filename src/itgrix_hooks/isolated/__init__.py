"""A plugin in a process of its own: the words of the line between the two, and the process itself.

The service's side is `itgrix_core.plugins.processes`. The process needs this package and nothing else of
ours; its interpreter may be that of another virtual environment.
"""
