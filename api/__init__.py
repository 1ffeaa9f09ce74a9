"""REST and MCP faces of the operation registry, behind one bearer token."""
