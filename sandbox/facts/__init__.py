"""Facts about the outside world, as data: PGs, test instruments, codes, and how certain each behaviour is."""
