"""Which records mean the same person: a Fellegi-Sunter matcher that learns its weights from the records."""
