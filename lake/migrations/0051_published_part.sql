-- What the lake has published, by table and part: what dbt's models compare with what they consumed.

CREATE VIEW lake.published_part WITH (security_invoker = true) AS
SELECT
    'lake.' || table_name AS input,
    workspace_id,
    coalesce(nullif(partition, '')::jsonb ->> 'channel', '') AS channel,
    coalesce(nullif(partition, '')::jsonb ->> 'month', '') AS month,
    md5(string_agg(fingerprint, ',' ORDER BY partition)) AS fingerprint
FROM lake.publication
GROUP BY 1, 2, 3, 4;
GRANT SELECT ON lake.published_part TO spreaders_dbt;
