"""3.7: the loss of DQN, judged by its value and by where its gradient goes."""

import chainer
import chainer.functions as F
import numpy as np
from hypothesis import strategies as st

from workshop.exercises.compare import Difference, compare, kind_of
from workshop.exercises.exercise import Exercise, Mistake, Part, demand_equal
from workshop.exercises.show import show
from workshop.exercises.strategies import arrays, discounts, rewards
from workshop.transition import Transition

_STATE = (1, 1, 2)  # one frame of two pixels: a network on it can be written down


def _judge(arguments, value, expected):
    if not value["is_variable"]:
        return Difference(
            f"should be a chainer Variable, which a gradient can start from; it is {kind_of(value['loss'])}"
        )
    if value["ran_backward"]:
        return Difference("it runs backward() already: return the loss, and leave the rest to the training loop")
    difference = compare(expected["loss"], value["loss"])
    if difference:
        return Difference(difference.sentence, "the loss")
    if any(gradient.any() for gradient in value["target_gradients"]):
        return Difference("a gradient reaches the target network: it is to stand still, so cut the graph off there")
    if not any(gradient.any() for gradient in value["online_gradients"]):
        difference = compare(expected["online_gradients"], value["online_gradients"])
        return difference and Difference("no gradient reaches the online network, so that it would never learn")
    difference = compare(expected["online_gradients"], value["online_gradients"])
    if difference:
        return Difference("the loss is right, but not its gradient with respect to the online network's parameters")
    return None


def _describe(name, arguments):
    online, target, batch, gamma = arguments
    values = ", ".join(f"{field}={show(array.tolist())}" for field, array in zip(Transition._fields, batch))
    return "\n".join(
        (
            f"{name}(online_network, target_network, Transition of arrays: {values}, {gamma})",
            *(
                f"{which}: Q(s) = state / 255 @ {show(weights.T.tolist())} + {show(bias.tolist())}"
                for which, [(weights, bias)] in (("online_network", online), ("target_network", target))
            ),
        )
    )


def _shown(value):
    return {"loss": value["loss"], "gradients of the online network": value.get("online_gradients")}


def _network(weights, bias):
    return [(np.array(weights, np.float32), np.array(bias, np.float32))]


def _batch(states, actions, earned, next_states, terminated):
    pixels = [np.array(values, np.uint8).reshape(-1, *_STATE) for values in (states, next_states)]
    return pixels[0], np.array(actions), np.array(earned), pixels[1], np.array(terminated)


def _cases(shape):
    size, n_actions = shape
    halves = st.integers(-6, 6).map(lambda number: number / 2)
    network = st.tuples(
        arrays(halves, n_actions, 2, dtype=np.float32), arrays(halves, n_actions, dtype=np.float32)
    ).map(lambda layer: [layer])
    pixels = arrays(st.sampled_from([0, 255, 51]), size, *_STATE, dtype=np.uint8)
    batch = st.tuples(
        pixels,
        arrays(st.integers(0, n_actions - 1), size, dtype=np.int64),
        arrays(rewards, size, dtype=float),
        pixels,
        arrays(st.booleans(), size, dtype=bool),
    )
    return st.tuples(network, network, batch, discounts)


def _targets(target_network, batch, gamma):
    with chainer.no_backprop_mode():
        next_q = target_network(batch.next_state).array
    return (batch.reward + gamma * np.where(batch.terminated, 0.0, next_q.max(axis=1))).astype(np.float32)


def _chosen(q, actions):
    return F.select_item(q, actions)


def _loss(
    targets=_targets,
    chosen=_chosen,
    error_of=lambda chosen, targets: F.huber_loss(chosen, targets, 1.0, reduce="no"),
    over_batch=F.mean,
    result=lambda loss: loss,
    states=lambda batch: batch.state,
):
    """DQN's loss, of which a mistake changes one thing."""

    def loss(online_network, target_network, batch, gamma):
        q = chosen(online_network(states(batch)), batch.action)
        return result(over_batch(error_of(q, targets(target_network, batch, gamma))))

    return loss


def _bootstraps_through_the_end(target_network, batch, gamma):
    return _targets(target_network, batch._replace(terminated=np.zeros(len(batch.reward), bool)), gamma)


def _targets_of_the_state(target_network, batch, gamma):
    return _targets(target_network, batch._replace(next_state=batch.state), gamma)


def _targets_with_a_graph(target_network, batch, gamma):
    next_q = F.max(target_network(batch.next_state), axis=1)
    is_running = (~batch.terminated).astype(np.float32)
    return batch.reward.astype(np.float32) + np.float32(gamma) * is_running * next_q


def _targets_in_a_column(target_network, batch, gamma):
    return _targets(target_network, batch, gamma)[:, None]


def _no_target_network(online_network, target_network, batch, gamma):
    return _loss()(online_network, online_network, batch, gamma)


def _networks_swapped(online_network, target_network, batch, gamma):
    return _loss()(target_network, online_network, batch, gamma)


def _double(online_network, target_network, batch, gamma):
    with chainer.no_backprop_mode():
        actions = online_network(batch.next_state).array.argmax(axis=1)
        next_q = target_network(batch.next_state).array[np.arange(len(actions)), actions]
    targets = (batch.reward + gamma * np.where(batch.terminated, 0.0, next_q)).astype(np.float32)
    return _loss(targets=lambda *_: targets)(online_network, target_network, batch, gamma)


def _every_pair(chosen, targets):
    """What (B, 1) − (B,) gives: every Q-value against every target."""
    size = len(targets)
    table = F.broadcast_to(F.reshape(chosen, (size, 1)), (size, size))
    return F.huber_loss(table, np.broadcast_to(targets, (size, size)).copy(), 1.0, reduce="no")


def _over_all_actions(online_network, target_network, batch, gamma):
    q = online_network(batch.state)
    targets = q.array.copy()
    targets[np.arange(len(targets)), batch.action] = _targets(target_network, batch, gamma)
    return F.mean(F.huber_loss(q, targets, 1.0, reduce="no"))


def _clipped_error_squared(chosen, targets):
    return 0.5 * F.clip(chosen - targets, -1.0, 1.0) ** 2


def _clipped_loss(chosen, targets):
    return F.clip(0.5 * (chosen - targets) ** 2, 0.0, 1.0)


def _runs_backward(loss):
    loss.backward()
    return loss


_ONE = _network([[1.0, 0.0]], [0.0])
_TWO = _network([[1.0, -1.0], [0.5, 2.0]], [0.0, 0.5])
_OTHER_TWO = _network([[-1.0, 0.5], [2.0, 1.0]], [1.0, -0.5])

dqn_loss = Part(
    name="dqn_loss",
    parameters=("online_network", "target_network", "batch", "gamma"),
    driver="loss_and_gradients",
    judge=_judge,
    demand=demand_equal,
    describe=_describe,
    shown=_shown,
    examples=(
        (_ONE, _ONE, _batch([255, 0], [0], [0.5], [0, 0], [True]), 0.5),
        (_ONE, _ONE, _batch([255, 0], [0], [4.0], [0, 0], [True]), 0.5),  # an error larger than 1
        (_ONE, _network([[3.0, 0.0]], [0.0]), _batch([0, 0], [0], [0.0], [51, 0], [False]), 0.5),
        (_TWO, _OTHER_TWO, _batch([255, 51], [1], [1.0], [51, 255], [False]), 0.9),
        (
            _TWO,
            _OTHER_TWO,
            _batch(
                [255, 0, 51, 255, 0, 102], [0, 1, 0], [1.0, -1.0, 0.25], [0, 255, 255, 0, 51, 51], [False, True, False]
            ),
            0.9,
        ),
        (_TWO, _network([[2.0, 2.0], [0.0, 9.0]], [0.0, 0.0]), _batch([0, 51], [0], [-1.0], [255, 255], [False]), 0.5),
    ),
    cases=st.tuples(st.integers(1, 3), st.integers(1, 3)).flatmap(_cases),
    examples_per_check=30,
    mistakes=(
        Mistake(
            "The squared error. Beyond 1 the Huber loss grows in a straight line, so that one large error does not "
            "outweigh all others: F.huber_loss with delta 1.",
            _loss(error_of=lambda chosen, targets: (chosen - targets) ** 2),
        ),
        Mistake(
            "Half the squared error. The Huber loss is that up to an error of 1, and goes on in a straight line.",
            _loss(error_of=lambda chosen, targets: 0.5 * (chosen - targets) ** 2),
        ),
        Mistake(
            "The absolute error. The Huber loss is round at the bottom: ½ δ² for errors up to 1.",
            _loss(error_of=lambda chosen, targets: F.absolute(chosen - targets)),
        ),
        Mistake(
            "This clips the error and squares it. Beyond 1 that is flat, and a large error has no gradient at all. The "
            "Huber loss clips the gradient.",
            _loss(error_of=_clipped_error_squared),
        ),
        Mistake(
            "This clips the loss, and what is clipped has no gradient: the largest errors are never learned from. The "
            "Huber loss clips the gradient.",
            _loss(error_of=_clipped_loss),
        ),
        Mistake("This is the sum over the batch. Take the mean.", _loss(over_batch=F.sum)),
        Mistake(
            "δ should be 1; here it is 2, and errors between 1 and 2 count too much.",
            _loss(error_of=lambda chosen, targets: F.huber_loss(chosen, targets, 2.0, reduce="no")),
        ),
        Mistake(
            "A gradient flows into the target network. It says what the online network should learn, and is not to give "
            "way: work its values out under `chainer.no_backprop_mode()`.",
            _loss(targets=_targets_with_a_graph),
        ),
        Mistake(
            "The target network is not used: the online network makes its own targets, and they move with it.",
            _no_target_network,
        ),
        Mistake("The two networks have changed places: the online network is the one to learn.", _networks_swapped),
        Mistake(
            "This is double DQN, exercise 3.11. Here the target network both selects and evaluates.",
            _double,
        ),
        Mistake(
            "`terminated` is not used: where the step ended the episode, the target is the reward alone.",
            _loss(targets=_bootstraps_through_the_end),
        ),
        Mistake(
            "The targets are built on `state`. The future is in `next_state`.", _loss(targets=_targets_of_the_state)
        ),
        Mistake("γ is not used.", lambda online, target, batch, gamma: _loss()(online, target, batch, 1.0)),
        Mistake(
            "This takes the best action's Q-value. The error is that of the action that was taken: "
            "`F.select_item(q, batch.action)`.",
            _loss(chosen=lambda q, actions: F.max(q, axis=1)),
        ),
        Mistake(
            "This is the mean over all actions, most of them with an error of 0 by construction, so that the loss is A "
            "times too small. Select the chosen actions first.",
            _over_all_actions,
        ),
        Mistake(
            "(B, 1) and (B,) make a table (B, B) of every value against every target. Let both be (B,).",
            _loss(error_of=_every_pair),
        ),
        Mistake(
            "The states are divided by 255 here. The network does that itself; give it the uint8 states.",
            _loss(states=lambda batch: batch.state.astype(np.float32) / 255),
        ),
        Mistake(
            "This is a plain number. Return the Variable, without `.array`: a gradient has to start from it.",
            _loss(result=lambda loss: float(loss.array)),
        ),
        Mistake(
            "This runs backward() already, and the training loop will do it a second time. Return the loss only.",
            _loss(result=_runs_backward),
        ),
        Mistake(
            "This returns one loss for each transition, (B,). Take the mean.", _loss(over_batch=lambda losses: losses)
        ),
        Mistake(
            "The graph is cut between the network and the loss, and nothing is ever learned. Only the target network "
            "belongs under no_backprop_mode.",
            _loss(chosen=lambda q, actions: chainer.Variable(q.array[np.arange(len(actions)), actions])),
        ),
    ),
    hints=(
        (
            "Three lines: the targets, the Q-values of the actions that were taken, and the loss between them. Through "
            "which of the two networks must no gradient flow?"
        ),
        (
            "Under `with chainer.no_backprop_mode():` take `target_network(batch.next_state).array`, and give it to "
            "td_targets. `F.select_item(online_network(batch.state), batch.action)` is (B,)."
        ),
        'The last line: `return F.mean(F.huber_loss(chosen, targets, delta=1.0, reduce="no"))`.',
    ),
    explanation=(
        "The targets are plain numbers: they are made without a graph, so no gradient can reach the target network. The "
        "Huber loss has the TD error, clipped to [−1, 1], as its gradient, which is what the paper means by clipping the "
        "error term. The mean makes the step's size independent of the batch's."
    ),
)

EXERCISES = (Exercise("3.7", "The loss of DQN", 5, (dqn_loss,)),)
