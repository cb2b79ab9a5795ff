-- Clear names behind pseudonyms, while the owner wants them shown (identity = "clear"). Empty otherwise.
create table identities (
    pseudonym varchar not null,      -- u_…, o_…, p_… or r_…, as in the other tables
    clear_text varchar not null      -- as the agent sent it
);
