-- What fresh input and output of a model cost, beside what its cache saves: with it the four prices of a period can be
-- told, and which of them changed. Filled from the price table, like the rest of `rates`.
alter table rates add column input_femtousd bigint;   -- a token of fresh input; null: not asked for yet
alter table rates add column output_femtousd bigint;  -- a token of output

-- As if another table had answered: all rates are made anew when the next usage is settled.
update rated set price_version = '';
