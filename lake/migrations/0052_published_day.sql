-- Of a part with days: a hash of the rows of each, so that a restated day is told from its month.

ALTER TABLE lake.publication ADD COLUMN days jsonb;

CREATE OR REPLACE VIEW lake.published_part WITH (security_invoker = true) AS
SELECT
    'lake.' || table_name AS input,
    workspace_id,
    coalesce(nullif(partition, '')::jsonb ->> 'channel', '') AS channel,
    coalesce(nullif(partition, '')::jsonb ->> 'month', '') AS month,
    -- Rows that only moved into other files are no news.
    md5(string_agg(coalesce(days::text, fingerprint), ',' ORDER BY partition)) AS fingerprint,
    CASE WHEN count(*) = 1 THEN min(days::text)::jsonb END AS days
FROM lake.publication
GROUP BY 1, 2, 3, 4;
