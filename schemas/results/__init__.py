"""Tables that the models publish."""
