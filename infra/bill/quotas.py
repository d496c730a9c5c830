"""
What AWS (in us-east-1) and Slack allow by default, and where each says so; see docs/scale.md.

Read in stored copies of those pages in November 2026: an account's own quotas are in AWS's Service
Quotas console.
"""

from __future__ import annotations

LAMBDA_AT_ONCE = 1_000
"""docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; a new account may have 10."""
API_REQUESTS = 10_000
"""docs.aws.amazon.com/apigateway/latest/developerguide/limits.html; 2,500 in smaller Regions."""
SNS_FIFO_PUBLISHES = 30_000
"""
docs.aws.amazon.com/general/latest/gr/sns.html: of all topics together in us-east-1, 9,000 in
us-west-2 and eu-west-1; fewer elsewhere.
"""
SQS_FIFO_CALLS = 70_000
"""
docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html: of each
action on one queue of high throughput in us-east-1, us-west-2 and eu-west-1; 19,000 and fewer
elsewhere.
"""
TABLE_WRITES = 40_000
"""docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html: a table's units."""
NEW_TABLE_WRITES = 4_000
"""
docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html: units of a
table that had no traffic yet; later twice the highest rate it had, half an hour before.
"""
PARTITION_WRITES = 1_000
"""docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html."""
SLACK_POSTS = 1
"""docs.slack.dev/apis/web-api/rate-limits: messages to one channel; short bursts may pass."""
