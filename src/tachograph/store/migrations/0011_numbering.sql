-- Which numbering `events.seq` is of. Who remembers how far it read (a client of the live stream) remembers this word
-- too: it is another in another store, and after a deletion or a correction, which give numbers anew.
create table numbering (mark varchar not null);

insert into numbering select left(replace(uuid()::varchar, '-', ''), 8);
