"""What is true of sound data, what was found to be so, and who may rely on it."""
