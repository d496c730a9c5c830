"""
The commands, a module for each group; `catalogue.py` has their names and lines of help.

Help imports the module of a group. So a module imports at its top only what its signatures need,
and each command imports what it works with: no AWS client, no HTTP client, no plugin for help.
"""
