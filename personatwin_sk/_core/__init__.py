"""What every room stands on: tables in and out, labels, cells, dates, keyed randomness."""
