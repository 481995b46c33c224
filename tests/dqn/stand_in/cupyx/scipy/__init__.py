"""Chainer imports its name."""
