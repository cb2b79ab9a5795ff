-- Tries that failed and were repeated, where several ways in tell of them; run only then. No id joins them, so per session those
-- of the one way that tells most count, never a sum: of equals the first in the order of 40_requests.sql. The others are
-- notices like any other from here on. Changes table `work`.

update work set kind = 'agent.notice', outcome = null
from (
    select agent, owner, arg_max(class, (n, -place)) as class
    from (
        select agent, owner, class, count(*) as n, min(class_rank) as place from work where outcome = 'retried' group by 1, 2, 3
    ) group by 1, 2
) best
where work.outcome = 'retried' and work.agent = best.agent and work.owner = best.owner and work.class <> best.class;
