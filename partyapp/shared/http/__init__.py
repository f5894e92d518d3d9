"""What controllers share: schemas, problem+json, headers, probes. Of `shared` this alone knows Flask."""
