"""1.1: playing an episode."""

import numpy as np
from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.rules.episodes import played, shown_episode
from workshop.exercises.show import show
from workshop.exercises.strategies import rewards
from workshop.transition import Transition


def _describe(name, arguments):
    states, rewards, ending, actions, seed = arguments
    steps = [f"reward {show(reward)} and state {show(state)}" for reward, state in zip(rewards, states[1:])]
    if len(steps) > 8:
        steps[3:-1] = [f"… ({len(steps):,} steps)"]
    how = "terminated and truncated" if ending == "both" else ending
    return "\n".join(
        (
            f"{name}(env, policy, {seed}), where",
            f"env.reset gives state {show(states[0])}",
            f"env.step gives {', then '.join(steps)}: {how}",
            f"policy answers {', '.join(map(show, actions))}, and begins again",
        )
    )


def _loop(
    start=lambda env, seed: env.reset(seed=seed)[0],
    is_over=lambda terminated, truncated: terminated or truncated,
    record=Transition,
    record_last=True,
    recorded_action=lambda action, policy, state: action,
    recorded_end=lambda terminated, truncated: terminated,
    recorded_state=lambda state, next_state: state,
    move_on=lambda state, next_state: next_state,
    result=lambda episode: episode,
):
    """The loop of an episode, of which a mistake changes one thing."""

    def play(env, policy, seed):
        state, episode = start(env, seed), []
        terminated = truncated = False
        while not is_over(terminated, truncated):
            action = policy(state)
            next_state, reward, terminated, truncated, _ = env.step(action)
            if record_last or not (terminated or truncated):
                step = recorded_state(state, next_state), recorded_action(action, policy, state), reward, next_state
                episode.append(record(*step, recorded_end(terminated, truncated)))
            state = move_on(state, next_state)
        return result(episode)

    return play


def _resets_twice(env, seed):
    env.reset(seed=seed)
    return env.reset()[0]


def _old_gym(env, policy, seed):
    state, episode, done = env.reset(seed=seed), [], False
    while not done:
        action = policy(state)
        next_state, reward, done, _ = env.step(action)
        episode.append(Transition(state, action, reward, next_state, done))
        state = next_state
    return episode


def _one_step_only(env, policy, seed):
    state, _ = env.reset(seed=seed)
    action = policy(state)
    next_state, reward, terminated, _, _ = env.step(action)
    return [Transition(state, action, reward, next_state, terminated)]


def _first_hundred_steps(env, policy, seed):
    state, _ = env.reset(seed=seed)
    episode = []
    for _ in range(100):
        action = policy(state)
        next_state, reward, terminated, truncated, _ = env.step(action)
        episode.append(Transition(state, action, reward, next_state, terminated))
        state = next_state
        if terminated or truncated:
            break
    return episode


def _long(steps):
    return list(range(steps + 1)), [0.0] * (steps - 1) + [1.0], "truncated", [0, 1, 2], 0


_cases = st.lists(rewards, min_size=1, max_size=4).flatmap(
    lambda earned: st.tuples(
        st.lists(st.integers(0, 9), min_size=len(earned) + 1, max_size=len(earned) + 1, unique=True),
        st.just(earned),
        st.sampled_from(["terminated", "truncated", "both"]),
        st.lists(st.integers(0, 3), min_size=2, max_size=4, unique=True),
        st.integers(0, 9),
    )
)

run_episode = Part(
    name="run_episode",
    parameters=("states", "rewards", "ending", "actions", "seed"),
    driver="play_scripted_episode",
    examples=(
        ([3, 5], [1.0], "terminated", [2, 1], 7),
        ([3, 5], [1.0], "truncated", [2, 1], 7),
        ([3, 5], [1.0], "both", [2, 1], 0),
        ([3, 5, 4], [0.5, 1.0], "terminated", [2, 1, 0], 7),
        ([3, 5, 4], [0.5, 1.0], "truncated", [2, 1, 0], 7),
        ([3, 3, 5, 3], [0.0, -1.0, 2.0], "terminated", [2, 1], 7),  # a step that leads nowhere, a way back
        ([np.array([0.5, 1.0]), np.array([0.0, 2.0]), np.array([1.5, 3.0])], [0.0, 1.0], "truncated", [1, 0], 7),
        _long(250),
    ),
    thorough=(_long(1050),),
    cases=_cases,
    judge=played,
    describe=_describe,
    shown=shown_episode,
    mistakes=(
        Mistake(
            "This goes on after the clock has run out. The episode is over when a step is `terminated` or `truncated`.",
            _loop(is_over=lambda terminated, truncated: terminated),
        ),
        Mistake(
            "This goes on after the task has ended. The episode is over when a step is `terminated` or `truncated`.",
            _loop(is_over=lambda terminated, truncated: truncated),
        ),
        Mistake(
            "This waits until a step is both `terminated` and `truncated`. One of the two is enough.",
            _loop(is_over=lambda terminated, truncated: terminated and truncated),
        ),
        Mistake(
            "`not terminated or truncated` means (not terminated) or truncated, which goes on after the clock has run "
            "out. Put brackets: `not (terminated or truncated)`.",
            _loop(is_over=lambda terminated, truncated: terminated and not truncated),
        ),
        Mistake(
            "A truncated step is recorded as terminated here. Both stop your loop, but the Transition keeps "
            "`terminated` alone: when the clock runs out, the task would have gone on.",
            _loop(recorded_end=lambda terminated, truncated: terminated or truncated),
        ),
        Mistake(
            "`truncated` is recorded where `terminated` belongs. `step` returns next_state, reward, terminated, "
            "truncated, info, in this order.",
            _loop(recorded_end=lambda terminated, truncated: truncated),
        ),
        Mistake(
            "The policy is asked about the first state again and again. Go on from where the step has led: "
            "`state = next_state`.",
            _loop(move_on=lambda state, next_state: state),
        ),
        Mistake(
            "The state is recorded after the step. A Transition begins with the state in which the policy was asked: "
            "set `state = next_state` only after you have recorded it.",
            _loop(recorded_state=lambda state, next_state: next_state),
        ),
        Mistake(
            "The last step is missing from the list. Record a step first, then ask whether the episode is over.",
            _loop(record_last=False),
        ),
        Mistake(
            "The policy is asked a second time for the record, and a policy that rolls dice answers otherwise. Ask "
            "once, `action = policy(state)`, and use `action` for both.",
            _loop(recorded_action=lambda action, policy, state: policy(state)),
        ),
        Mistake(
            "The seed is not used: `env.reset(seed=seed)`. Without it nobody can play the same episode again.",
            _loop(start=lambda env, seed: env.reset()[0]),
        ),
        Mistake(
            "The environment is reset a second time, without the seed. Reset it once and keep what it returns: "
            "`state, info = env.reset(seed=seed)`.",
            _loop(start=_resets_twice),
        ),
        Mistake(
            "`env.reset` returns two things, the state and a dict called info. Your state is the pair of both: write "
            "`state, info = env.reset(seed=seed)`.",
            _loop(start=lambda env, seed: env.reset(seed=seed)),
        ),
        Mistake(
            "This is the interface of an older gym. `step` returns five things: next_state, reward, terminated, "
            "truncated, info. And `reset` returns two: state, info.",
            _old_gym,
        ),
        Mistake(
            "The steps are plain tuples here. Make each one a `Transition(state, action, reward, next_state, "
            "terminated)`, so that `step.reward` works.",
            _loop(record=lambda *step: step),
        ),
        Mistake(
            "This returns the sum of the rewards. Return the list of transitions.",
            _loop(result=lambda episode: float(sum(step.reward for step in episode))),
        ),
        Mistake(
            "This plays one step only: is the return inside the loop? Go on until the episode is over.", _one_step_only
        ),
        Mistake(
            "This stops after 100 steps, whether the episode is over or not. A game of Pong takes longer: loop "
            "`while`, until the environment says that it is over.",
            _first_hundred_steps,
        ),
    ),
    hints=(
        "Which of gym's two calls comes once, and which comes again and again? What does each of them return?",
        (
            "Begin with `state, info = env.reset(seed=seed)` and an empty list. Then loop: ask the policy, step, "
            "record, go on from next_state. Stop when terminated or truncated."
        ),
        (
            "In the loop: `action = policy(state)`, `next_state, reward, terminated, truncated, info = "
            "env.step(action)`, append `Transition(state, action, reward, next_state, terminated)`, `state = "
            "next_state`. Around it: `while not (terminated or truncated):`, both False before the first step."
        ),
    ),
    explanation=(
        "Reset once, then ask, step and record until the environment says that it is over. The policy is asked once a "
        "step, about the state before it. Two flags can end the loop, but only one goes into the record: after a "
        "truncated step the task would have gone on, and what you learn from it must know that."
    ),
)

EXERCISES = (Exercise("1.1", "Play an episode", 4, (run_episode,)),)
