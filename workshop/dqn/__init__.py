"""The deep Q-network: replay memory, targets, agent, training loop, evaluation, checkpoints, and the commands over them."""
