"""Taking over subscriptions that ran elsewhere."""
