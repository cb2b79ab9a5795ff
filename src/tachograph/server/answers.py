"""Questions in strings, answers in JSON values: what the API, the command line and the page share."""
