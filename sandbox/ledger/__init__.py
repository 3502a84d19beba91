"""The tables, the file they lie in, its transactions, and the entries that several rules make."""
