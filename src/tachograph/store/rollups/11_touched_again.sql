-- touched: the buckets to settle again, each with its family, when stored events were changed and none are new.
-- Instead of 10_touched.sql, with the same grain. Table chosen: the buckets whose events were changed. Their families are
-- known by now (table kin).
-- Variables: upto (highest seq settled).

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
