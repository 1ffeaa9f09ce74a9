{# Everything a node reads, itself or through views; the views too. #}
{% macro read_by(node) -%}
    {%- set found = [] -%}
    {%- for up in node.depends_on.nodes -%}
        {%- do found.append(up) -%}
        {%- if is_view(up) -%} {%- do found.extend(read_by(graph.nodes[up])) -%} {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | sort) }}
{%- endmacro %}

{% macro is_view(key) -%}
    {{ return(key.startswith('model.') and graph.nodes[key].config.materialized == 'view') }}
{%- endmacro %}

{# The tables a node reads: the lake's, as lake.<name>, and those of models. #}
{% macro inputs_of(node) -%}
    {%- set found = [] -%}
    {%- for up in read_by(node) -%}
        {%- if up.startswith('source.') -%}
            {%- do found.append('lake.' ~ up.split('.')[-1]) -%}
        {%- elif up.startswith('model.') and not is_view(up) -%}
            {%- do found.append(up.split('.')[-1]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | sort) }}
{%- endmacro %}

{# What a node is besides its rows: its query, its columns, the seeds and the views it reads through. #}
{% macro code_of(node, query) -%}
    {%- set columns = node.columns.values() | map(attribute='data_type') | join(' ') -%}
    {%- set parts = [query, columns, node.config.get('indexes', []) | string] -%}
    {%- set views = [] -%}
    {%- for up in read_by(node) -%}
        {%- if up.startswith('seed.') -%}
            {%- do parts.append(graph.nodes[up].checksum.checksum) -%}
        {%- elif is_view(up) -%}
            {%- do views.append("to_regclass('" ~ graph.nodes[up].relation_name ~ "')") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if views -%}
        {%- do parts.append(run_query(
            "select string_agg(pg_get_viewdef(oid), ';' order by relname) from pg_class where oid in ("
            ~ views | join(', ') ~ ")"
        ).columns[0][0] | string) -%}
    {%- endif -%}
    {{ return(local_md5(parts | join('\n'))) }}
{%- endmacro %}
