"""
The commands of operators; entry points only translate.

A command commits an intent to the ledger, and functions execute it, so the operator's role reads
no gateway's secret. Each command returns the effect, not the call.
"""
