"""What the proofs and the acceptance tests share: programs as processes, plain requests, patience, reports."""
