"""Prints the script that makes the tables, for `psql`: `python -m penstock_postgres [SCHEMA]`."""

import sys

from penstock_postgres.schema import script

schema = sys.argv[1] if len(sys.argv) > 1 else "penstock"
sys.stdout.write(f"BEGIN ISOLATION LEVEL READ COMMITTED;\n{script(schema)}COMMIT;\n")
