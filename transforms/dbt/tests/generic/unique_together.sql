{# One row per combination of these columns; nulls count as a value. #}
{% test unique_together(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ rows_to_check(model, columns) }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
