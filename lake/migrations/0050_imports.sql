-- What a person confirmed about files of the same columns, so that the next one is read the same way.

CREATE TABLE lake.import_mapping (
    workspace_id text NOT NULL,
    fingerprint text NOT NULL,
    channel text,
    layout text,
    columns jsonb NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, fingerprint)
);
SELECT lake.protect('lake.import_mapping');
