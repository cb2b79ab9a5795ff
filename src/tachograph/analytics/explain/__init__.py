"""Why two numbers differ: every way from somebody's figure to the ledger's, step by step, and each step has a name.

* figures.py      what is added up, and a way (`Waterfall`) that cannot exist unless it adds up
* scope.py        which part of the ledger is asked about
* sources.py      what each source would say if one simply added up its records
* steps.py        the names of the steps
* explanation.py  the ways from the sources to the ledger, as the API and the command line show them
* rows.py         the ledger's rows, page by page, for comparisons with figures from outside
* comparison.py   two figures by day and model, with a named cause for every nano-dollar between them
* ccusage/        what the program ccusage says, by its own rules
* session_cost.py the agent's own running total
* bill.py         a bill, or any list of day, model and amount
"""
