"""The whole engine learns the probe environments and Catch; and with any piece of it broken, a probe says so."""

import functools

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

from workshop.dqn.agent import Agent
from workshop.dqn.exploration import epsilon_at
from workshop.dqn.prioritised import PrioritisedReplay
from workshop.dqn.replay import ReplayMemory
from workshop.dqn.targets import double_dqn_loss, dqn_loss
from workshop.dqn.training import Training
from workshop.envs.catch import Catch
from workshop.envs.probes import (
    BLACK,
    PROBES,
    ConstantReward,
    DelayedReward,
    RewardByAction,
    RewardByBoth,
    RewardByObservation,
)
from workshop.envs.vector import VectorGym


class SmallNetwork(chainer.Chain):
    """One hidden layer, for a few pixels."""

    def __init__(self, n_actions, hidden=64, seed=0):
        super().__init__()
        self.n_actions = n_actions
        normal = functools.partial(chainer.initializers.LeCunNormal, rng=np.random.RandomState(seed))
        with self.init_scope():
            self.hidden = L.Linear(None, hidden, initialW=normal())
            self.out = L.Linear(hidden, n_actions, initialW=normal())

    def forward(self, states):
        return self.out(F.relu(self.hidden(states.astype(np.float32) / np.float32(255))))


def make_training(probe, loss=dqn_loss, memory=ReplayMemory, agent=Agent, n_step=1, **settings):
    env = VectorGym(probe, 4, seed=0)
    optimizer = chainer.optimizers.Adam(0.01)
    the_agent = agent(SmallNetwork(len(probe.values[BLACK])), optimizer, (1, 1, 1), loss=loss)
    the_memory = memory(400, 4, (1, 1), stack=1, n_step=n_step, gamma=probe.gamma)
    parts = {"stack": 1, "learning_starts": 40, "target_sync_updates": 10, "epsilon": lambda step: 0.5}
    return Training(env, the_agent, the_memory, np.random.default_rng(0), **{**parts, **settings})


def errors(training, probe, updates=300):
    """The largest difference between the values that it learnt and those that are true."""
    for _ in training.run():
        if training.updates >= updates:
            break
    pixels = sorted(probe.values)
    learnt = training.agent.q_values(np.array(pixels, np.uint8).reshape(-1, 1, 1, 1))
    return np.abs(learnt - np.array([probe.values[pixel] for pixel in pixels])).max()


CLOSE = 0.15


@pytest.mark.parametrize("n_step", (1, 3))
@pytest.mark.parametrize("loss", (dqn_loss, double_dqn_loss))
@pytest.mark.parametrize("memory", (ReplayMemory, PrioritisedReplay))
@pytest.mark.parametrize("probe", PROBES)
def test_probes_are_solved(probe, memory, loss, n_step):
    assert errors(make_training(probe, loss, memory, n_step=n_step), probe) < CLOSE


def swapped(online_network, target_network, sample):
    return dqn_loss(target_network, online_network, sample)


def bootstraps_at_the_end(online_network, target_network, sample):
    going_on = sample.transition._replace(terminated=np.zeros_like(sample.transition.terminated))
    return dqn_loss(online_network, target_network, sample._replace(transition=going_on))


def gathers_the_greatest(online_network, target_network, sample):
    greatest = online_network(sample.transition.state).array.argmax(axis=1).astype(np.int32)
    return dqn_loss(
        online_network, target_network, sample._replace(transition=sample.transition._replace(action=greatest))
    )


def gathers_the_wrong_rows(online_network, target_network, sample):
    shifted = np.roll(sample.transition.action, 1)
    return dqn_loss(
        online_network, target_network, sample._replace(transition=sample.transition._replace(action=shifted))
    )


def forgets_the_discount(online_network, target_network, sample):
    return dqn_loss(online_network, target_network, sample._replace(discounts=np.ones_like(sample.discounts)))


def bootstraps_from_this_state(online_network, target_network, sample):
    batch = sample.transition
    return dqn_loss(online_network, target_network, sample._replace(transition=batch._replace(next_state=batch.state)))


def blind(online_network, target_network, sample):
    batch = sample.transition
    return dqn_loss(
        online_network, target_network, sample._replace(transition=batch._replace(state=np.zeros_like(batch.state)))
    )


def ascends(online_network, target_network, sample):
    loss, td_errors = dqn_loss(online_network, target_network, sample)
    return -loss, td_errors


@pytest.mark.parametrize(
    "broken, named",
    [
        (swapped, ConstantReward),
        (ascends, ConstantReward),
        (bootstraps_at_the_end, ConstantReward),
        (blind, RewardByObservation),
        (bootstraps_from_this_state, DelayedReward),
        (forgets_the_discount, DelayedReward),
        (gathers_the_greatest, RewardByAction),
        (gathers_the_wrong_rows, RewardByAction),
    ],
)
def test_a_broken_loss_fails_at_its_probe(broken, named):
    assert errors(make_training(named, broken), named) > 2 * CLOSE


def test_a_target_that_is_never_synced_fails_at_the_delayed_reward():
    assert errors(make_training(DelayedReward, target_sync_updates=10**9), DelayedReward) > 2 * CLOSE


class WorstActions(Agent):
    """Takes the action with the smallest value."""

    def q_values(self, states):
        return -super().q_values(states)


def test_an_agent_that_takes_the_worst_action_scores_badly_where_the_action_decides():
    def greedy_score(agent):
        training = make_training(RewardByBoth, agent=agent, epsilon=lambda step: epsilon_at(step, 1, 0, 800))
        return [step.rewards.mean() for _, step in zip(range(400), training.run(), strict=False)][-100:]

    assert np.mean(greedy_score(Agent)) > 0.95
    assert np.mean(greedy_score(WorstActions)) < -0.95


class ForgetsToEnd(ReplayMemory):
    """Never told that an episode ended: the frame after the end is the first of the next episode."""

    def end_episode(self, environment, frame):
        pass


def test_next_states_come_from_the_same_episode():
    training = make_training(DelayedReward, memory=ForgetsToEnd)
    for _ in zip(range(40), training.run(), strict=False):
        pass
    batch = training.memory.sample(200, np.random.default_rng(0)).transition
    assert (batch.next_state[batch.terminated] == BLACK).all(), "the broken memory shows the first frame of the next"
    training = make_training(DelayedReward)
    for _ in zip(range(40), training.run(), strict=False):
        pass
    batch = training.memory.sample(200, np.random.default_rng(0)).transition
    assert (batch.next_state != BLACK).all()


def test_catch_is_learnt_from_pixels():
    env = VectorGym(lambda: Catch(8, 5), 8, seed=0)
    agent = Agent(SmallNetwork(3, 128), chainer.optimizers.Adam(2e-3), (1, 8, 5), loss=double_dqn_loss)
    memory = ReplayMemory(8000, 8, (8, 5), stack=1, n_step=3, gamma=0.99)
    training = Training(
        env,
        agent,
        memory,
        np.random.default_rng(0),
        epsilon=lambda step: epsilon_at(step, 1, 0, 12_000),
        stack=1,
        steps_per_update=8,
        learning_starts=400,
        target_sync_updates=100,
    )
    scores = []
    for step in training.run():
        scores.extend(step.infos["score"][step.infos["episode_ended"]])
        if training.steps >= 16_000:
            break
    assert np.mean(scores[:100]) < 0, "a random player misses most balls"
    assert np.mean(scores[-200:]) > 0.95


def test_updates_and_syncs_come_when_they_are_due():
    synced = []

    def note_sync(online_network, target_network):
        synced.append(training.updates)
        target_network.copyparams(online_network)

    class Noting(Agent):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs, sync=note_sync)

    training = make_training(ConstantReward, agent=Noting, learning_starts=100, target_sync_updates=7)
    counts = []
    for _ in zip(range(100), training.run(), strict=False):
        counts.append((training.steps, training.updates))
    # An update is due for every 4 steps (here one step of each of 4 environments) past the first 100.
    assert counts == [(4 * n, max(0, n - 1 - 25)) for n in range(1, 101)]
    assert synced == list(range(7, training.updates + 1, 7)), "no sync is skipped, whatever the rhythm of steps"
