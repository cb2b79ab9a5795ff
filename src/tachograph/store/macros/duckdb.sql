-- What the engines write differently, under one name. clickhouse.sql has the same five.
create or replace macro p50(x) as quantile_cont(x, 0.5);
create or replace macro p95(x) as quantile_cont(x, 0.95);
create or replace macro attr(a, k) as json_extract_string(a, '$."' || k || '"');
create or replace macro iso_dow(t) as isodow(t);
create or replace macro later(t, s) as t + to_seconds(s);
