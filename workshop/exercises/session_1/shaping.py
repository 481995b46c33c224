"""1.14: potential-based shaping, a reward that helps and does not mislead."""

from hypothesis import strategies as st

from workshop.exercises.exercise import Exercise, Mistake, Part
from workshop.exercises.show import show
from workshop.exercises.strategies import discounts, rewards

_potentials = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=3)


def _describe(name, arguments):
    reward, potentials, state, next_state, terminated, gamma = arguments
    values = ", ".join(f"potential({key}) is {show(value)}" for key, value in potentials.items())
    call = f"{name}({show(reward)}, potential, {state}, {next_state}, {terminated}, {show(gamma)})"
    return f"{call}, where {values}"


def _shaped_by(gain):
    """A function with shaped_reward's arguments; gain(potential of state, of next_state, terminated, gamma)."""

    def shaped(reward, potential, state, next_state, terminated, gamma):
        return float(reward + gain(potential(state), potential(next_state), terminated, gamma))

    return shaped


def _shaping_alone(reward, potential, state, next_state, terminated, gamma):
    return float(gamma * (0.0 if terminated else potential(next_state)) - potential(state))


def _reward_discounted_too(reward, potential, state, next_state, terminated, gamma):
    return float(gamma * (reward + (0.0 if terminated else potential(next_state))) - potential(state))


shaped_reward = Part(
    name="shaped_reward",
    parameters=("reward", "potential", "state", "next_state", "terminated", "gamma"),
    driver="with_potential",
    examples=(
        (1.0, {0: 0.0, 1: 2.0}, 0, 1, False, 0.5),
        (1.0, {0: 3.0, 1: 2.0}, 0, 1, False, 0.5),
        (1.0, {0: 3.0, 1: 2.0}, 0, 1, True, 0.5),
        (0.0, {0: -4.0, 1: -3.0}, 0, 1, False, 0.9),
        (-1, {0: 5, 1: 6}, 1, 0, False, 0.9),  # a potential of ints, an int reward
        (0.0, {0: 4.0}, 0, 0, False, 0.5),  # a step that stays where it is
        (1.0, {0: 3.0, 1: 2.0}, 0, 1, False, 1.0),
        (2.0, {0: 0.0, 1: 2.0}, 0, 1, True, 1.0),
    ),
    cases=_potentials.flatmap(
        lambda potentials: st.tuples(
            rewards,
            st.just(dict(enumerate(potentials))),
            st.integers(0, len(potentials) - 1),
            st.integers(0, len(potentials) - 1),
            st.booleans(),
            discounts,
        )
    ),
    describe=_describe,
    mistakes=(
        Mistake(
            "The potential of the next state counts even after the end here. When `terminated`, it is 0, whatever the "
            "function says; otherwise the best policy may change.",
            _shaped_by(lambda old, new, terminated, gamma: gamma * new - old),
        ),
        Mistake(
            "After a terminal step this adds nothing. Only the next potential is 0 there: −potential(state) stays.",
            _shaped_by(lambda old, new, terminated, gamma: 0.0 if terminated else gamma * new - old),
        ),
        Mistake(
            "γ is missing: the next potential is one step away, γ · potential(next_state). Without γ a detour can pay.",
            _shaped_by(lambda old, new, terminated, gamma: (0.0 if terminated else new) - old),
        ),
        Mistake(
            "γ multiplies both potentials here. It belongs to the next one only: γ · potential(next_state) − "
            "potential(state).",
            _shaped_by(lambda old, new, terminated, gamma: gamma * ((0.0 if terminated else new) - old)),
        ),
        Mistake(
            "The signs are turned round. Going up is rewarded: plus the next potential, minus the one you leave.",
            _shaped_by(lambda old, new, terminated, gamma: old - gamma * (0.0 if terminated else new)),
        ),
        Mistake(
            "γ stands at the wrong potential: discount the next state's, not the one you leave.",
            _shaped_by(lambda old, new, terminated, gamma: (0.0 if terminated else new) - gamma * old),
        ),
        Mistake(
            "This adds the next potential and subtracts nothing, so that going in a circle pays. Subtract "
            "potential(state).",
            _shaped_by(lambda old, new, terminated, gamma: 0.0 if terminated else gamma * new),
        ),
        Mistake("The reward itself is missing: shaping is added to it, and does not take its place.", _shaping_alone),
        Mistake("The reward is discounted here as well. γ belongs to the next potential only.", _reward_discounted_too),
    ),
    hints=(
        "The formula stands above. What is Φ of the next state after a terminal step?",
        (
            "Call `potential(state)` and `potential(next_state)`. Take 0 for the second when `terminated`, and "
            "discount only it."
        ),
        (
            "`after = 0.0 if terminated else potential(next_state)`, and then `return reward + gamma * after - "
            "potential(state)`."
        ),
    ),
    explanation=(
        "Along an episode the gains cancel out: every γ Φ(s′) that one step adds, the next step takes away. What is "
        "left is −Φ of the start, the same for every policy, so that the best one stays the best. That only works "
        "with Φ = 0 after the end: no later step is there to take it away."
    ),
)

EXERCISES = (Exercise("1.14", "A reward that helps", 4, (shaped_reward,), is_stretch=True),)
