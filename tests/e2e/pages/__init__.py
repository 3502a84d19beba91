"""Pages as a shopper speaks of them. Selectors live here and nowhere else."""
