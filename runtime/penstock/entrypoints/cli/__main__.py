"""`python -m penstock.entrypoints.cli`: the command without its console script."""

from penstock.entrypoints.cli import main

main()
