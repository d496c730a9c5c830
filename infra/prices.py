"""
What AWS charges: us-east-1, USD, list prices without free tiers, November 2026.

Per million unless it says otherwise. Written down by hand: look again before relying on a cent.
"""

from __future__ import annotations

REGION = "us-east-1"
AS_OF = "2026-11"
MILLION = 1_000_000

HTTP_API_REQUEST = 1.00
LAMBDA_REQUEST = 0.20
LAMBDA_GB_SECOND = 13.3334  # arm64
SQS_FIFO_CALL = 0.50
SNS_FIFO_PUBLISH = 0.30
DYNAMODB_WRITE_UNIT = 0.625  # of 1 KB; double in a transaction
DYNAMODB_READ_UNIT = 0.125  # of 4 KB, consistent
XRAY_TRACE = 5.00

LOGS_GB = 0.50  # taken in
LOGS_GB_MONTH = 0.03
ALARM_MONTH = 0.10
METRIC_MONTH = 0.30
SECRET_MONTH = 0.40
DASHBOARD_MONTH = 3.00
"""The ones above are each, not per million."""
