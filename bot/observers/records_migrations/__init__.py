"""The records' tables, step by step; every step works on SQLite and on PostgreSQL."""
