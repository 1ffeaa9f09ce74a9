-- as spreaders_dbt
-- The rooms dbt builds in; the app reads the marts alone.

CREATE SCHEMA IF NOT EXISTS staging;
CREATE SCHEMA IF NOT EXISTS intermediate;
CREATE SCHEMA IF NOT EXISTS marts;
GRANT USAGE ON SCHEMA marts TO spreaders_app;
