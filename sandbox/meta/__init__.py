"""The words all Meta twins share: requests, errors, fields, paging, usage headers."""
