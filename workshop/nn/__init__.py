"""Networks for Atari, and what makes Chainer fast enough on a CPU to train them."""
