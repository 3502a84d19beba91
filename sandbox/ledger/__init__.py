"""The tables, their SQLite file, its transactions, and the entries that several rules make."""
