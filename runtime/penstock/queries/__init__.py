"""
The look-ups of people and backends; entry points only translate.

A page looks at a bounded number of entities or events. So it may hold fewer than requested, or
none, and still have a cursor: the next page goes on from there.
"""
