-- What people decide about audiences. Every earlier version of a definition is in state.revision.

CREATE TABLE state.audience_definition (
    name text NOT NULL,
    description text NOT NULL,
    -- One of the two: the tree as it was clicked together, or SQL.
    rules jsonb,
    sql text,
    is_archived boolean NOT NULL,
    CHECK ((rules IS NULL) <> (sql IS NULL))
);
SELECT state.declare('state.audience_definition');
