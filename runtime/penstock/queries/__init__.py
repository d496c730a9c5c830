"""
What people and backends may look up; entry points only translate.

A page looks at a bounded number of entities or events. So it may hold fewer than asked for, or
none, and still have a cursor: the next page goes on from there.
"""
