-- The published lake and the one rule of tenancy, written once.

CREATE SCHEMA lake;
GRANT USAGE ON SCHEMA lake TO spreaders_dbt, spreaders_app;

-- Make a table safe to serve: only rows of the workspace named in the transaction are seen, by
-- everyone, the owner too. spreaders_dbt builds for all workspaces at once and so sees all of them.
CREATE FUNCTION lake.protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('DROP POLICY IF EXISTS workspace ON %s', target);
    EXECUTE format(
        'CREATE POLICY workspace ON %s USING (workspace_id::text = current_setting(''app.workspace'', true))'
        ' WITH CHECK (workspace_id::text = current_setting(''app.workspace'', true))', target);
    EXECUTE format('DROP POLICY IF EXISTS builder ON %s', target);
    EXECUTE format(
        'CREATE POLICY builder ON %s TO spreaders_dbt USING (true) WITH CHECK (true)', target);
    EXECUTE format('GRANT SELECT ON %s TO spreaders_dbt, spreaders_app', target);
END
$$;

-- What of the lake has been copied here: one row per partition, with the fingerprint of its files.
CREATE TABLE lake.publication (
    workspace_id text NOT NULL,
    table_name text NOT NULL,
    partition text NOT NULL,
    fingerprint text NOT NULL,
    rows bigint NOT NULL,
    loaded_at timestamptz,
    delta_version bigint NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, table_name, partition)
);
SELECT lake.protect('lake.publication');
