-- What the checks found, kept for good reading back: one row per rule and run.

CREATE TABLE lake.quality_result (
    workspace_id text NOT NULL,
    run_id text NOT NULL,
    checked_at timestamptz NOT NULL,
    layer text NOT NULL,
    table_name text NOT NULL,
    suite text NOT NULL,
    rule text NOT NULL,
    kind text NOT NULL,
    column_name text NOT NULL,
    severity text NOT NULL,
    passed boolean NOT NULL,
    expected text NOT NULL,
    seen text NOT NULL,
    failing bigint NOT NULL,
    rows bigint NOT NULL,
    set_aside bigint NOT NULL DEFAULT 0,
    examples jsonb NOT NULL DEFAULT '[]',
    -- Instants are the workspace's clock, which may stand still; this tells which came later.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (workspace_id, run_id, table_name, rule)
);
CREATE INDEX ON lake.quality_result (workspace_id, table_name, seq DESC);
CREATE INDEX ON lake.quality_result (workspace_id, checked_at);
SELECT lake.protect('lake.quality_result');

-- What a run made of each table; the newest row of a table is what the gate goes by.
CREATE TABLE lake.quality_verdict (
    workspace_id text NOT NULL,
    run_id text NOT NULL,
    judged_at timestamptz NOT NULL,
    layer text NOT NULL,
    table_name text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('ok', 'warn', 'stop')),
    blocks boolean NOT NULL,
    reasons jsonb NOT NULL,
    fresh_at timestamptz,
    fingerprint text,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (workspace_id, run_id, table_name)
);
CREATE INDEX ON lake.quality_verdict (workspace_id, table_name, seq DESC);
SELECT lake.protect('lake.quality_verdict');

-- Which published partitions were read and found sound, under which rules: they are not read again.
CREATE TABLE lake.quality_partition (
    workspace_id text NOT NULL,
    table_name text NOT NULL,
    partition text NOT NULL,
    fingerprint text NOT NULL,
    rules text NOT NULL,
    PRIMARY KEY (workspace_id, table_name, partition)
);
SELECT lake.protect('lake.quality_partition');

-- Every watched figure by day: what came, what was to be expected, and whether it is odd.
CREATE TABLE lake.quality_day (
    workspace_id text NOT NULL,
    table_name text NOT NULL,
    measure text NOT NULL,
    channel text NOT NULL,
    account_id text NOT NULL,
    day_on date NOT NULL,
    seen double precision NOT NULL,
    low double precision,
    expected double precision,
    high double precision,
    severity text,
    judged_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, table_name, measure, channel, account_id, day_on)
);
SELECT lake.protect('lake.quality_day');
