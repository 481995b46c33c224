"""What Q(s, a) should have been: the targets of DQN and its variants, and the losses, as pure functions.

B is the batch, A the number of actions. All targets are float32 (B,). `discounts` is what the value of the next state is
multiplied by: gamma for one-step returns, a power of it for n-step returns (`ReplayMemory.sample` gives it). The arrays are
all NumPy's, or all on one GPU (CuPy's); nothing here waits for a GPU.
"""

import chainer
import chainer.functions as F
import numpy as np
from chainer import backend


def dqn_targets(rewards, next_q, terminated, discounts):
    """y = r + discount · max_a Q_target(s', a), and y = r after a terminal step (Mnih et al. 2015, Algorithm 1).

    Args:
        rewards: (B,) float, the n-step sum.
        next_q: (B, A) float32, the target network's values of the next state.
        terminated: (B,) bool. A truncated step is not terminated: it bootstraps.
        discounts: (B,) float32 or a float.
    """
    return _bootstrapped(rewards, next_q.max(axis=1), terminated, discounts)


def double_dqn_targets(rewards, online_next_q, target_next_q, terminated, discounts):
    """The online network selects the next action, the target network says what it is worth (van Hasselt et al. 2016).

    Args:
        online_next_q, target_next_q: (B, A) float32; the rest as in `dqn_targets`.
    """
    selected = online_next_q.argmax(axis=1)
    rows = backend.get_array_module(selected).arange(len(selected))
    return _bootstrapped(rewards, target_next_q[rows, selected], terminated, discounts)


def _bootstrapped(rewards, next_values, terminated, discounts):
    xp = backend.get_array_module(next_values)
    future = xp.where(terminated, np.float32(0), next_values * xp.asarray(discounts, np.float32))
    return (rewards + future).astype(np.float32)


def huber_loss(q_values, actions, targets, weights=None, over_batch="mean"):
    """The Huber loss (δ = 1) of the chosen actions' TD errors, and the errors.

    Its gradient with respect to Q(s, a) is the TD error clipped to [-1, 1], over B for the mean: what the Nature paper
    means by clipping the error term. Clipping the loss instead would leave large errors without a gradient.

    Args:
        q_values: Variable (B, A), of the online network.
        actions: (B,) int32.
        targets: (B,) float32; no gradient flows into them.
        weights: (B,) float32 or None: importance weights of prioritised replay.
        over_batch: "mean", or "sum" as in DeepMind's code of 2015. It decides what the optimiser's epsilon means: that is
            compared with the size of the gradient, which is B times as large for the sum.

    Returns:
        (loss, td_errors): a scalar Variable, and an array (B,) float32 of targets − Q.
    """
    chosen = F.select_item(q_values, actions)
    losses = F.huber_loss(chosen, targets, delta=1.0, reduce="no")
    if weights is not None:
        losses = losses * weights
    return {"mean": F.mean, "sum": F.sum}[over_batch](losses), targets - chosen.array


def dqn_loss(online_network, target_network, sample, over_batch="mean"):
    """The loss of DQN on a sample of the memory (Mnih et al. 2015, Algorithm 1).

    Args:
        online_network, target_network: (B, ...) uint8 states to a Variable (B, A). No gradient reaches the target network.
        sample: a `workshop.dqn.replay.Sample`.
        over_batch: "mean" or "sum", as in `huber_loss`.

    Returns:
        (loss, td_errors): a scalar Variable, and an array (B,) float32.
    """
    batch = sample.transition
    with chainer.no_backprop_mode():
        next_q = target_network(batch.next_state).array
    targets = dqn_targets(batch.reward, next_q, batch.terminated, sample.discounts)
    return huber_loss(online_network(batch.state), batch.action, targets, sample.weights, over_batch)


def double_dqn_loss(online_network, target_network, sample, over_batch="mean"):
    """The loss of double DQN (van Hasselt et al. 2016); arguments and results are those of `dqn_loss`."""
    batch = sample.transition
    with chainer.no_backprop_mode():
        next_q = target_network(batch.next_state).array
        online_next_q = online_network(batch.next_state).array
    targets = double_dqn_targets(batch.reward, online_next_q, next_q, batch.terminated, sample.discounts)
    return huber_loss(online_network(batch.state), batch.action, targets, sample.weights, over_batch)
