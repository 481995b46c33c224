"""3.10, written by other hands: other copies, other optimizers, another order in the loop."""

import chainer
import chainer.functions as F
import numpy as np

from workshop import Transition


def _act(network, state, epsilon, rng):
    if rng.uniform() < epsilon:
        return int(rng.integers(network.n_actions))
    with chainer.no_backprop_mode():
        return int(F.argmax(network(state[np.newaxis]), axis=1).array[0])


def _loss(network, target_network, batch, gamma):
    states, actions, rewards, next_states, terminated = batch
    with chainer.no_backprop_mode():
        best = F.max(target_network(next_states), axis=1).array
    targets = np.float32(rewards + gamma * (1 - terminated) * best)
    errors = F.select_item(network(states), actions) - targets
    size = F.absolute(errors)
    return F.mean(F.where(size.array < 1, 0.5 * errors**2, size - 0.5))


def copied_and_synced_first(env, steps, network, memory, rng, **settings):
    """Settings in a dict; the sync comes before the update that follows it; the last episode is listed too."""
    target = network.copy(mode="copy")
    optimizer = chainer.optimizers.RMSprop(lr=settings["learning_rate"] / 2)
    optimizer.setup(network)
    episodes, update, done = [], 0, True
    for step in range(1, steps + 1):
        if done:
            state, _ = env.reset()
            episodes.append(0.0)
        share = min(1.0, step / settings["epsilon_decay_steps"])
        epsilon = (1 - share) * settings["epsilon_start"] + share * settings["epsilon_end"]
        action = _act(network, state, epsilon, rng)
        following, reward, terminated, truncated, _ = env.step(action)
        memory.add(Transition(state, action, reward, following, terminated))
        episodes[-1] += reward
        state, done = following, terminated or truncated
        if step > settings["learning_starts"] and step % settings["steps_per_update"] == 0:
            if update and update % settings["target_sync_updates"] == 0:
                target.copyparams(network)
            update += 1
            network.zerograds()
            _loss(network, target, memory.sample(settings["batch_size"], rng), settings["gamma"]).backward()
            optimizer.update()
    return episodes if not done else episodes[:]


def episode_by_episode(
    env, steps, network, memory, rng, gamma, batch_size, learning_rate, learning_starts, steps_per_update,
    target_sync_updates, epsilon_start, epsilon_end, epsilon_decay_steps,
):  # fmt: skip
    """Two loops, one inside the other; the optimizer is handed the loss; a target network built anew."""
    target = type(network)([(link.W.array, link.b.array) for link in network.children()])
    target.copyparams(network)
    optimizer = chainer.optimizers.Adam(alpha=learning_rate)
    optimizer.setup(network)
    returns, step, n_updates = [], 0, 0
    slope = (epsilon_start - epsilon_end) / epsilon_decay_steps
    while step < steps:
        state, _ = env.reset(seed=int(rng.integers(1000)))
        total, is_over = 0.0, False
        while not is_over and step < steps:
            action = _act(network, state, max(epsilon_end, epsilon_start - slope * step), rng)
            next_state, reward, terminated, truncated, _ = env.step(action)
            memory.add(Transition(state, action, reward, next_state, terminated))
            total, state, is_over, step = total + reward, next_state, terminated or truncated, step + 1
            if len(memory) >= learning_starts and (step - learning_starts) % steps_per_update == 0:
                batch = memory.sample(batch_size, rng)
                optimizer.update(_loss, network, target, batch, gamma)
                n_updates += 1
                if n_updates % target_sync_updates == 0:
                    for name, parameter in target.namedparams():
                        parameter.array[...] = dict(network.namedparams())[name].array
        if is_over:
            returns.append(total)
    return returns


RIGHT_ANSWERS = {"train": [copied_and_synced_first, episode_by_episode]}
