"""1.10, written by other hands: in another order, with other dice, slower, and with other values to begin with."""

import numpy as np


def argmax_and_no_seeds(env, episodes, alpha, gamma, epsilon, rng):
    """The shortest that people write: the first of the best actions, and an environment with dice of its own."""
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        state, _ = env.reset()
        done = False
        while not done:
            action = rng.integers(Q.shape[1]) if rng.random() < epsilon else np.argmax(Q[state])
            next_state, reward, terminated, truncated, _ = env.step(action)
            Q[state, action] += alpha * (reward + gamma * (1 - terminated) * np.max(Q[next_state]) - Q[state, action])
            state, done = next_state, terminated or truncated
    return Q


def with_a_dict_and_python_floats(env, episodes, alpha, gamma, epsilon, rng):
    """One seed at the start, a table that grows, the coin last."""
    values, actions = {}, range(int(env.action_space.n))
    state, _ = env.reset(seed=int(rng.integers(1000)))
    for episode in range(episodes):
        if episode > 0:
            state, _ = env.reset()
        while True:
            order = [int(action) for action in rng.permutation(len(actions))]
            best = max(order, key=lambda action: values.get((state, action), 0.0))
            action = best if rng.uniform() >= epsilon else order[0]
            following, reward, terminated, truncated, _ = env.step(action)
            future = 0.0 if terminated else max(values.get((following, other), 0.0) for other in actions)
            old = values.get((state, action), 0.0)
            values[state, action] = (1 - alpha) * old + alpha * (reward + gamma * future)
            state = following
            if terminated or truncated:
                break
    states = range(int(env.observation_space.n))
    return np.array([[values.get((state, action), 0.0) for action in actions] for state in states])


def slow_and_not_from_zeros(env, episodes, alpha, gamma, epsilon, rng):
    """Every step draws from a probability for each action; the table begins with small noise; one reset too many."""
    n_states, n_actions = env.observation_space.n, env.action_space.n
    Q = 0.01 * rng.standard_normal((n_states, n_actions))
    state, _ = env.reset(seed=3)
    for _ in range(episodes):
        while True:
            is_best = np.isclose(Q[state], Q[state].max())
            probabilities = np.full(n_actions, epsilon / n_actions) + (1 - epsilon) * is_best / is_best.sum()
            action = int(rng.choice(np.arange(n_actions), p=probabilities))
            next_state, reward, terminated, truncated, _ = env.step(action)
            target = np.array(reward, dtype=np.float64)
            if not terminated:
                target = target + gamma * np.sort(Q[next_state])[-1]
            td_error = target - Q[state][action]
            Q[state][action] = Q[state][action] + alpha * td_error
            state = next_state
            if terminated or truncated:
                state, _ = env.reset()
                break
    return Q


RIGHT_ANSWERS = {"q_learning": [argmax_and_no_seeds, with_a_dict_and_python_floats, slow_and_not_from_zeros]}
