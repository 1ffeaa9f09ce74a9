"""Room for Spark jobs on the Delta lake: attribution, audiences, identity."""
