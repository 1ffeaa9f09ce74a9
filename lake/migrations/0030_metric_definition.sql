-- The metrics a workspace made for itself; formulas are over the product's additive parts.

CREATE TABLE lake.metric_definition (
    workspace_id text NOT NULL DEFAULT current_setting('app.workspace', true),
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{1,62}$'),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 60),
    formula text NOT NULL CHECK (length(formula) <= 500),
    unit text NOT NULL CHECK (unit IN ('share', 'factor', 'minor', 'count', 'seconds')),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, name)
);
SELECT lake.protect('lake.metric_definition');
GRANT INSERT, UPDATE, DELETE ON lake.metric_definition TO spreaders_app;
