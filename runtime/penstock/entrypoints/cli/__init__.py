"""
The command line: one verb tree for the local stack and those on AWS.

Exit codes: 0 done · 1 it did not work · 2 wrongly called · 3 no such stack, or wrongly configured
· 4 no such thing · 5 refused · 6 no answer, try again · 70 a bug of ours · 130 interrupted.
"""

from penstock.entrypoints.cli.tree import main

__all__ = ["main"]
