-- What people of a workspace decide and what is made for them, and the wall around their own SQL.

CREATE SCHEMA state;
GRANT USAGE ON SCHEMA state TO spreaders_app, spreaders_query;
GRANT USAGE ON SCHEMA lake TO spreaders_query;

-- The key by which we sign the workspace of a caller's own SQL. Nobody but the owner reads it.
CREATE TABLE state.seal (key text NOT NULL);

-- The workspace the API signed for this transaction, null when the signature does not fit: SQL may set
-- app.workspace to anything, and then sees nothing.
CREATE FUNCTION state.sealed_workspace() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT current_setting('app.workspace', true) FROM state.seal
    WHERE current_setting('app.seal', true)
        = encode(sha256(convert_to(key || '/' || current_setting('app.workspace', true) || '/' || key, 'UTF8')), 'hex')
$$;
REVOKE ALL ON FUNCTION state.sealed_workspace() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION state.sealed_workspace() TO spreaders_query;

-- Let a caller's own SQL read a table: beside the policy of everyone the signature must hold. The subquery is
-- evaluated once a statement, before the statement itself could change a setting.
CREATE FUNCTION state.open_to_query(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS sealed ON %s', target);
    EXECUTE format(
        'CREATE POLICY sealed ON %s AS RESTRICTIVE TO spreaders_query'
        ' USING (workspace_id::text = (SELECT state.sealed_workspace()))', target);
    EXECUTE format('GRANT SELECT ON %s TO spreaders_query', target);
END
$$;
GRANT USAGE ON SCHEMA state TO spreaders_dbt;
GRANT EXECUTE ON FUNCTION state.sealed_workspace() TO spreaders_dbt;

-- As before, and open to the caller's own SQL.
CREATE OR REPLACE FUNCTION lake.protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
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
    PERFORM state.open_to_query(target);
END
$$;
SELECT lake.protect(c.oid::regclass) FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'lake' AND c.relkind = 'r';

-- Make a table of this schema safe: rows of the named workspace only, written by the app.
CREATE FUNCTION state.guard(target regclass, rights text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format(
        'CREATE POLICY workspace ON %s USING (workspace_id = current_setting(''app.workspace'', true))'
        ' WITH CHECK (workspace_id = current_setting(''app.workspace'', true))', target);
    EXECUTE format('GRANT %s ON %s TO spreaders_app', rights, target);
    PERFORM state.open_to_query(target);
END
$$;

-- Every earlier version of a row, and the last of a deleted one.
CREATE TABLE state.revision (
    workspace_id text NOT NULL,
    table_name text NOT NULL,
    id text NOT NULL,
    version integer NOT NULL,
    fields jsonb NOT NULL,
    replaced_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON state.revision (workspace_id, table_name, id, version);
SELECT state.guard('state.revision', 'SELECT, INSERT');

CREATE FUNCTION state.remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO state.revision (workspace_id, table_name, id, version, fields)
    VALUES (OLD.workspace_id, TG_TABLE_NAME, OLD.id, OLD.version, to_jsonb(OLD));
    RETURN coalesce(NEW, OLD);
END
$$;

-- Give a table the columns every declared table has, its policy and its history.
CREATE FUNCTION state.declare(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'ALTER TABLE %s ADD COLUMN workspace_id text NOT NULL, ADD COLUMN id text NOT NULL,'
        ' ADD COLUMN version integer NOT NULL DEFAULT 1, ADD COLUMN created_at timestamptz NOT NULL,'
        ' ADD COLUMN created_by text NOT NULL, ADD COLUMN updated_at timestamptz NOT NULL,'
        ' ADD COLUMN updated_by text NOT NULL, ADD PRIMARY KEY (workspace_id, id)', target);
    EXECUTE format(
        'CREATE TRIGGER remember BEFORE UPDATE OR DELETE ON %s'
        ' FOR EACH ROW EXECUTE FUNCTION state.remember()', target);
    PERFORM state.guard(target, 'SELECT, INSERT, UPDATE, DELETE');
END
$$;

CREATE TABLE state.note (day_on date NOT NULL, channel text, text text NOT NULL);
SELECT state.declare('state.note');

CREATE TABLE state.dashboard (name text NOT NULL, tiles jsonb NOT NULL);
SELECT state.declare('state.dashboard');

CREATE TABLE state.goal (
    name text NOT NULL,
    aim jsonb NOT NULL,
    target double precision NOT NULL,
    first_on date NOT NULL,
    due_on date NOT NULL
);
SELECT state.declare('state.goal');

CREATE TABLE state.alert (
    name text NOT NULL,
    metric text NOT NULL,
    channel text,
    rule jsonb NOT NULL,
    cooldown_days integer NOT NULL,
    is_active boolean NOT NULL
);
SELECT state.declare('state.alert');

-- When an alert fired or came to rest: one row an alert, day and kind, so that judging a day twice adds nothing.
CREATE TABLE state.alert_event (
    workspace_id text NOT NULL,
    alert_id text NOT NULL,
    alert_version integer NOT NULL,
    day_on date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('fired', 'rested')),
    value double precision,
    bound double precision,
    because text NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, alert_id, day_on, kind)
);
SELECT state.guard('state.alert_event', 'SELECT, INSERT');

-- Files made on request; the file itself lies in the home's folder `files`.
CREATE TABLE state.file (
    workspace_id text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('report', 'export', 'backup')),
    operation text NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
SELECT state.guard('state.file', 'SELECT, INSERT');
