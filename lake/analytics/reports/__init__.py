"""Reports: the same content as PDF, HTML or XLSX."""
