"""What one attendee wrote in Session 3: plain and right, neither the masters' answers nor the engine's code.

No numbers are cached, nothing is vectorised beyond what one writes at first, and states are kept as they came. With these
pieces the figures of `benchmarks/pong_with_pieces.py` were measured.
"""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from workshop import Transition


def preprocess(frame, previous_frame):
    brighter = np.maximum(frame, previous_frame).astype(np.float64)
    grey = 0.299 * brighter[:, :, 0] + 0.587 * brighter[:, :, 1] + 0.114 * brighter[:, :, 2]
    # 420 is a multiple of 210 and of 84, and 3360 of 160 and of 84.
    rows = np.repeat(grey, 2, axis=0).reshape(84, 5, 160).mean(axis=1)
    small = np.repeat(rows, 21, axis=1).reshape(84, 84, 40).mean(axis=2)
    return np.round(small).astype(np.uint8)


class ReplayMemory:
    def __init__(self, capacity):
        self.capacity = capacity
        self.transitions = []
        self.next = 0

    def add(self, transition):
        if len(self.transitions) < self.capacity:
            self.transitions.append(transition)
        else:
            self.transitions[self.next] = transition
        self.next = (self.next + 1) % self.capacity

    def sample(self, batch_size, rng):
        if batch_size > len(self.transitions):
            raise ValueError("not enough transitions yet")
        batch = []
        for _ in range(batch_size):
            batch.append(self.transitions[rng.integers(len(self.transitions))])
        states = np.array([transition.state for transition in batch])
        actions = np.array([transition.action for transition in batch])
        rewards = np.array([transition.reward for transition in batch])
        next_states = np.array([transition.next_state for transition in batch])
        terminated = np.array([transition.terminated for transition in batch])
        return Transition(states, actions, rewards, next_states, terminated)

    def __len__(self):
        return len(self.transitions)


class QNetwork(chainer.Chain):
    def __init__(self, n_actions):
        super().__init__()
        self.n_actions = n_actions
        with self.init_scope():
            self.conv1 = L.Convolution2D(4, 32, ksize=8, stride=4)
            self.conv2 = L.Convolution2D(32, 64, ksize=4, stride=2)
            self.conv3 = L.Convolution2D(64, 64, ksize=3, stride=1)
            self.fc4 = L.Linear(3136, 512)
            self.fc5 = L.Linear(512, n_actions)

    def forward(self, states):
        x = states.astype(np.float32) / 255
        h = F.relu(self.conv1(x))
        h = F.relu(self.conv2(h))
        h = F.relu(self.conv3(h))
        h = F.relu(self.fc4(h))
        return self.fc5(h)


def epsilon_at(step, start, end, decay_steps):
    if step <= 0:
        return start
    if step >= decay_steps:
        return end
    return start - (start - end) * step / decay_steps


def td_targets(rewards, next_q, terminated, gamma):
    targets = []
    for i in range(len(rewards)):
        if terminated[i]:
            targets.append(rewards[i])
        else:
            targets.append(rewards[i] + gamma * np.max(next_q[i]))
    return np.array(targets, dtype=np.float32)


def dqn_loss(online_network, target_network, batch, gamma):
    with chainer.no_backprop_mode():
        next_q = target_network(batch.next_state)
    targets = td_targets(batch.reward, next_q.array, batch.terminated, gamma)
    q = online_network(batch.state)
    chosen = F.select_item(q, batch.action)
    return F.mean(F.huber_loss(chosen, targets, delta=1.0, reduce="no"))


def sync_target(online_network, target_network):
    target_network.copyparams(online_network)


def should_sync(update, period):
    return update % period == 0


def act(online_network, stack, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(online_network.n_actions))
    with chainer.no_backprop_mode():
        q = online_network(stack[np.newaxis])
    return int(np.argmax(q.array[0]))
