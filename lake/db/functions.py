"""The functions a caller's SQL may call, by name; what is not here is refused.

Each computes from its arguments, reads nothing outside the query, and cannot make a large value from a few
letters. What operators and casts call needs no name here: only those of pg_catalog are let through.
"""

from __future__ import annotations

AGGREGATES = """
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp
    cume_dist dense_rank every first_value grouping json_agg json_object_agg jsonb_agg jsonb_object_agg
    lag last_value lead max min mode nth_value ntile percent_rank percentile_cont percentile_disc
    range_agg rank regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
    regr_syy row_number stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance
"""
NUMBERS = """
    abs acos asin atan atan2 cbrt ceil ceiling cos cosh cot degrees div exp factorial float4 float8
    floor gcd int2 int4 int8 isfinite lcm ln log log10 min_scale mod numeric pi pow power radians round
    scale sign sin sinh sqrt tan tanh trim_scale trunc width_bucket
"""
TEXTS = """
    ascii bool bpchar btrim char_length character_length chr concat concat_ws encode decode initcap left
    length like like_escape lower ltrim md5 name notlike octet_length overlay position quote_ident
    quote_literal quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches
    regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr replace reverse right rtrim
    sha256 split_part starts_with string_to_array string_to_table strpos substr substring text to_char
    to_hex to_number translate trim upper varchar similar_to_escape textlike textnlike texticlike
    texticnlike normalize is_normalized
"""
TIMES = """
    age date date_add date_bin date_part date_subtract date_trunc extract interval justify_days
    justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz now
    overlaps statement_timestamp time timestamp timestamptz timezone to_date to_timestamp
    transaction_timestamp
"""
LISTS = """
    array_append array_cat array_dims array_length array_lower array_ndims array_position
    array_positions array_prepend array_remove array_replace array_to_json array_to_string array_upper
    cardinality generate_series generate_subscripts unnest trim_array
"""
DOCUMENTS = """
    json_array_elements json_array_elements_text json_array_length json_build_array json_build_object
    json_each json_each_text json_extract_path json_extract_path_text json_object json_object_keys
    json_strip_nulls json_typeof jsonb jsonb_array_elements jsonb_array_elements_text jsonb_array_length
    jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_exists jsonb_extract_path
    jsonb_extract_path_text jsonb_object jsonb_object_keys jsonb_path_exists jsonb_path_query
    jsonb_path_query_array jsonb_path_query_first jsonb_path_query_tz jsonb_pretty jsonb_set
    jsonb_strip_nulls jsonb_typeof row_to_json to_json to_jsonb
"""
RANGES = """
    daterange int4range int8range isempty lower_inc lower_inf numrange range_merge tsrange tstzrange
    upper_inc upper_inf
"""
FAMILIES = (AGGREGATES, NUMBERS, TEXTS, TIMES, LISTS, DOCUMENTS, RANGES)
OPEN_FUNCTIONS = frozenset(name for family in FAMILIES for name in family.split())
