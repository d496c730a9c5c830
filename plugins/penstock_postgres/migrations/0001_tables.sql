-- Money is in minor units of the currency beside it. What an event does not say is NULL.
-- `sequence`, `changed_at` and `event_id` name the event that a row shows.

CREATE TABLE events (
    id text PRIMARY KEY,
    type text NOT NULL,
    subject text NOT NULL,
    sequence bigint NOT NULL,
    gateway text NOT NULL,
    time timestamptz NOT NULL,
    data jsonb NOT NULL
);
CREATE INDEX events_subject ON events (subject, sequence);
CREATE INDEX events_type_time ON events (type, time);

CREATE TABLE payments (
    id text PRIMARY KEY,
    gateway text NOT NULL,
    status text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    refunded bigint NOT NULL,
    fee bigint,
    fee_currency text,
    net bigint,
    net_currency text,
    hold text,
    reason text,
    reference text,
    transaction_id text,
    subscription_id text,
    plan_id text,
    plan_name text,
    payer_reference text,
    paid_at timestamptz,
    sequence bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    event_id text NOT NULL
);
COMMENT ON COLUMN payments.paid_at IS 'when the first event said that the money is there';
CREATE INDEX payments_paid_at ON payments (paid_at);
CREATE INDEX payments_subscription ON payments (subscription_id);

CREATE TABLE refunds (
    event_id text PRIMARY KEY,
    payment_id text NOT NULL,
    gateway text NOT NULL,
    kind text NOT NULL,
    amount bigint,
    currency text NOT NULL,
    step_id text,
    moved_at timestamptz NOT NULL
);
COMMENT ON TABLE refunds IS 'one row for each time that money went back, or came again';
COMMENT ON COLUMN refunds.kind IS 'refunded, reversed, or restored: the last one came again';
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX refunds_moved_at ON refunds (moved_at);

CREATE TABLE invoices (
    payment_id text PRIMARY KEY,
    gateway text NOT NULL,
    status text NOT NULL,
    number text,
    invoice_id text,
    because text,
    payable text,
    sequence bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    event_id text NOT NULL
);
COMMENT ON COLUMN invoices.status IS 'paid, paid_twice or withheld';

CREATE TABLE failures (
    operation_id text PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    gateway text NOT NULL,
    status text NOT NULL,
    amount bigint,
    currency text,
    reason text,
    because text,
    sequence bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    event_id text NOT NULL
);
COMMENT ON TABLE failures IS 'refunds and collections that were asked for and failed or stand still';

CREATE TABLE disputes (
    id text PRIMARY KEY,
    gateway text NOT NULL,
    status text NOT NULL,
    confirmed boolean NOT NULL,
    because text,
    reason text,
    amount bigint,
    currency text,
    payments text[] NOT NULL,
    respond_by timestamptz,
    outcome text,
    opened_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    event_id text NOT NULL
);

CREATE TABLE subscriptions (
    id text PRIMARY KEY,
    gateway text NOT NULL,
    status text NOT NULL,
    access text NOT NULL,
    paid_through timestamptz,
    trial_until timestamptz,
    reference text,
    plan_id text,
    plan_name text,
    subscriber_reference text,
    started_at timestamptz NOT NULL,
    next_billing_at timestamptz,
    last_paid_at timestamptz,
    outstanding bigint,
    outstanding_currency text,
    failures bigint NOT NULL,
    next_attempt_at timestamptz,
    cancelled_at timestamptz,
    access_ended_at timestamptz,
    sequence bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    event_id text NOT NULL
);
COMMENT ON COLUMN subscriptions.cancelled_at IS 'when it was last cancelled';
COMMENT ON COLUMN subscriptions.access_ended_at IS
    'when its access last ended; it may have come back since: see access';
