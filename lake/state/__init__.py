"""What people of a workspace decide, in declared tables with versions, and the files made for them."""
