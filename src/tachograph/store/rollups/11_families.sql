-- touched: the buckets to settle now, each with its family; a working table of one settling, not kept.
-- Grain: one row per bucket. From table chosen: what is new or was linked (10_chosen.sql), or the buckets whose stored events
-- were changed. Whole families are settled, so that a row never depends on the order in which its sources came.
-- Variables: upto (highest seq to settle).

create or replace temp table touched as
with recursive
    reach as (
        select bucket as start, bucket from chosen
        union
        select reach.start, kin.other from reach join kin on kin.bucket = reach.bucket
    ),
    families as (select start, min(bucket) as family from reach group by 1)
select distinct reach.bucket, families.family from reach join families using (start);

set variable from_seq = (
    select min(b.first_seq) from buckets b where b.bucket in (select bucket from touched)
);
