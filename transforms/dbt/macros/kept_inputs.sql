{# The tables a model reads: the lake's and other models', looked for through views. #}
{% macro inputs_of(node) -%}
    {%- set found = [] -%}
    {%- for up in node.depends_on.nodes -%}
        {%- if up.startswith('source.') -%}
            {%- do found.append('lake.' ~ up.split('.')[-1]) -%}
        {%- elif up.startswith('model.') and graph.nodes[up].config.materialized == 'view' -%}
            {%- do found.extend(inputs_of(graph.nodes[up])) -%}
        {%- elif up.startswith('model.') -%}
            {%- do found.append(up.split('.')[-1]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | sort) }}
{%- endmacro %}

{# What a model is besides its rows: its query, its columns, the seeds it reads, the views it reads through. #}
{% macro code_of(node, query) -%}
    {%- set views = views_of(node) | map('tojson') | join(', ') | replace('"', "'") -%}
    {%- set columns = node.columns.values() | map(attribute='data_type') | join(' ') -%}
    {%- set parts = [query, columns, node.config.get('indexes', []) | string] -%}
    {%- for up in node.depends_on.nodes if up.startswith('seed.') -%}
        {%- do parts.append(graph.nodes[up].checksum.checksum) -%}
    {%- endfor -%}
    {%- if views -%}
        {%- do parts.append(run_query(
            "select string_agg(pg_get_viewdef(c.oid), ';' order by c.relname) from pg_class as c"
            ~ " where c.relkind = 'v' and c.relnamespace = 'staging'::regnamespace and c.relname in ("
            ~ views ~ ")"
        ).columns[0][0] | string) -%}
    {%- endif -%}
    {{ return(local_md5(parts | join('\n'))) }}
{%- endmacro %}

{% macro views_of(node) -%}
    {%- set found = [] -%}
    {%- for up in node.depends_on.nodes -%}
        {%- if up.startswith('model.') and graph.nodes[up].config.materialized == 'view' -%}
            {%- do found.append(up.split('.')[-1]) -%}
            {%- do found.extend(views_of(graph.nodes[up])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | sort) }}
{%- endmacro %}
