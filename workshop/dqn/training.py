"""Deep Q-learning with experience replay: Algorithm 1 of Mnih et al. 2015, for N games at once.

Every part comes from outside: the games, the agent, the memory, the schedule of epsilon. While the games play a step in
processes of their own, this process learns; what they gave is stored afterwards, so that the result is the same as if
nothing had happened at the same time.
"""

import numpy as np

# Steps and updates: a step is one action in one game (`frame_skip` frames of the emulator); an update is one batch.


class Training:
    """The loop, and everything that it counts.

    Args:
        env: N games with `frames`, `send`, `receive`, `environments`, as `workshop.atari.vector.VectorAtari`.
        agent: with `act`, `update`, `sync_target`, as `workshop.dqn.agent.Agent`.
        memory: with `add`, `end_episode`, `sample`, as `workshop.dqn.replay.ReplayMemory`.
        rng: a `numpy.random.Generator`, for actions and batches.
        epsilon: epsilon(step), the share of random actions, a float in [0, 1].
        beta: beta(step), the exponent of the importance weights of a `PrioritisedReplay`; None for a uniform memory.
        learning_rate: learning_rate(update), of the optimizer; None leaves it at what the optimizer began with.
        stack: int, how many frames make a state.
        batch_size: int, transitions of an update.
        steps_per_update: float, agent steps for each update (4 in the papers).
        learning_starts: int, the agent steps before the first update.
        target_sync_updates: int, the target network is synced every so many updates (not steps, not frames).

    Attributes:
        steps, updates, episodes: ints, so far.
        loss: array () float32, of the last update; None before the first one. Not converted: a GPU need not be waited for.
    """

    def __init__(
        self,
        env,
        agent,
        memory,
        rng,
        *,
        epsilon,
        beta=None,
        learning_rate=None,
        stack=4,
        batch_size=32,
        steps_per_update=4,
        learning_starts=50_000,
        target_sync_updates=10_000,
    ):
        self.env, self.agent, self.memory, self.rng = env, agent, memory, rng
        self.epsilon, self.beta, self.learning_rate = epsilon, beta, learning_rate
        self.batch_size, self.steps_per_update = batch_size, steps_per_update
        self.learning_starts, self.target_sync_updates = learning_starts, target_sync_updates
        self.steps = self.updates = self.episodes = 0
        self.loss = None
        self.states = np.repeat(env.frames[:, None], stack, axis=1)  # (N, stack, *frame_shape), oldest frame first

    def run(self):
        """Train for ever, one action in each game at a time; yields the `Step` that it gave. Stop by not asking on."""
        while True:
            actions = self.agent.act(self.states, self.epsilon(self.steps), self.rng)
            self.env.send(actions)
            while self._is_update_due():
                if self.beta:
                    self.memory.beta = self.beta(self.steps)
                sample = self.memory.sample(self.batch_size, self.rng)
                if self.learning_rate:
                    self.agent.set_learning_rate(self.learning_rate(self.updates))
                self.loss, td_errors = self.agent.update(sample)
                if sample.weights is not None:
                    self.memory.update_priorities(sample.where, td_errors)
                self.updates += 1
                if self.updates % self.target_sync_updates == 0:
                    self.agent.sync_target()
            step = self.env.receive()
            self._remember(actions, step)
            self.steps += self.env.environments
            yield step

    def _is_update_due(self):
        return self.updates < (self.steps - self.learning_starts) / self.steps_per_update

    def _remember(self, actions, step):
        """Store what happened, and make the states to act on next."""
        everywhere, ended = np.arange(self.env.environments), np.flatnonzero(step.infos["episode_ended"])
        self.memory.add(everywhere, self.states[:, -1], actions, step.rewards, step.terminated)
        self.memory.end_episode(ended, step.next_frames[ended])
        self.states = np.concatenate([self.states[:, 1:], self.env.frames[:, None]], axis=1)
        self.states[ended] = self.env.frames[ended, None]
        self.episodes += len(ended)

    def get_state(self):
        """Everything that the rest of the training depends on, between two steps: nested dicts of arrays and numbers."""
        return {
            "steps": self.steps,
            "updates": self.updates,
            "episodes": self.episodes,
            "states": self.states,
            "random": self.rng.bit_generator.state,
            "agent": self.agent.get_state(),
            "memory": self.memory.get_state(),
            "env": self.env.get_state(),
        }

    def set_state(self, state):
        """Go on from what `get_state` of a training with the same parts gave. Raises ValueError for other parts."""
        self.env.set_state(state["env"])
        self.agent.set_state(state["agent"])
        self.memory.set_state(state["memory"])
        self.rng.bit_generator.state = state["random"]
        self.states = state["states"]
        self.steps, self.updates, self.episodes = state["steps"], state["updates"], state["episodes"]
