"""Models over the lake: dbt on Postgres for the marts, Spark on Delta for what needs whole histories."""
