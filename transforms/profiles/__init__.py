"""What profiles of persons are made with: scores, stages, groups and probabilities; numpy, no Spark."""
