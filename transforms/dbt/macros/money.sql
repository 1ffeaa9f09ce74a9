{# Micros into minor units of a currency with that many digits, half to even: sum micros first, round once. #}
{% macro to_minor(micros, digits) -%}
    {%- set unit = "(10::numeric ^ (6 - " ~ digits ~ "))" -%}
    {%- set whole = "round(" ~ micros ~ " / " ~ unit ~ ")" -%}
    (
        {{ whole }}
        - case
            when mod(abs({{ micros }}), {{ unit }}) * 2 = {{ unit }} and mod({{ whole }}, 2) <> 0
                then sign({{ micros }})
            else 0
        end
    )::bigint
{%- endmacro %}

{# Micros of one currency into micros of another by a dated rate. #}
{% macro convert(micros, rate) -%}
    round(({{ micros }}) * {{ rate }})::bigint
{%- endmacro %}

{# The same for the amounts of an order: whole minor units, still in micros, so that orders add up to the same
   however they are grouped. #}
{% macro convert_whole(micros, rate, digits) -%}
    ({{ to_minor(convert(micros, rate), digits) }} * (10 ^ (6 - {{ digits }}))::bigint)
{%- endmacro %}
