"""Payment providers behind one protocol; nothing here touches the database."""
