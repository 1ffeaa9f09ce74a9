"""The vocabulary every room shares: settings, errors, money, time, operations, context."""
