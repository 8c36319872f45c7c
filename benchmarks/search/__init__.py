"""Whether the search keeps its bound, finds what an oracle finds, and how much work it saves."""
