"""Attribution over path tables, exact and free of any engine: whoever has paths can weigh their touches."""
