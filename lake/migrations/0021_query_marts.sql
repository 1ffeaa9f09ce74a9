-- as spreaders_dbt
-- The marts built so far, opened to callers' own SQL; later builds protect theirs themselves.

GRANT USAGE ON SCHEMA marts TO spreaders_query;
SELECT lake.protect(c.oid::regclass) FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'marts' AND c.relkind = 'r';
