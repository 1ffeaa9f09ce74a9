-- The metrics a workspace made for itself; formulas are over the product's additive parts. Of several of one
-- name the latest counts.

CREATE TABLE state.metric_definition (
    name text NOT NULL,
    title text NOT NULL,
    formula text NOT NULL,
    unit text NOT NULL,
    description text NOT NULL
);
SELECT state.declare('state.metric_definition');
