"""What happened to money, as double entries an accountant can book. Read only: everything comes from what was posted."""
