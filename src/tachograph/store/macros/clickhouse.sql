-- What the engines write differently, under one name. duckdb.sql has the same five.
create or replace function p50 as x -> quantileExactInclusive(0.5)(x);
create or replace function p95 as x -> quantileExactInclusive(0.95)(x);
create or replace function attr as (a, k) -> JSONExtract(a, k, 'Nullable(String)');
create or replace function iso_dow as t -> toDayOfWeek(t);
create or replace function later as (t, s) -> addSeconds(t, s);
