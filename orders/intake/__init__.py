"""Reading orders written by others: pure rules, no database and no clock."""
