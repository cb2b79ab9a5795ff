"""The rights of the people in the data: what commands and routes ask for, carried out."""
