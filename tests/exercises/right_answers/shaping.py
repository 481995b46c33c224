"""1.14, written by other hands."""


def potential_asked_and_dropped(reward, potential, state, next_state, terminated, gamma):
    return reward + gamma * (not terminated) * potential(next_state) - potential(state)


def step_by_step(reward, potential, state, next_state, terminated, gamma):
    shaped = reward - potential(state)
    if not terminated:
        shaped += gamma * potential(next_state)
    return shaped


def two_returns(reward, potential, state, next_state, terminated, gamma):
    if terminated:
        return reward - potential(state)
    return reward + gamma * potential(next_state) - potential(state)


RIGHT_ANSWERS = {"shaped_reward": [potential_asked_and_dropped, step_by_step, two_returns]}
