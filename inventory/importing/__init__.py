"""What each kind of file of the warehouse means."""
