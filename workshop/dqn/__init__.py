"""The deep Q-network: replay memory, and what is still to be built on it."""
