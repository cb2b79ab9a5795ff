"""The file kit: a folder of session logs, what is made of them, and what people read and share of that."""
