"""What people write for 3.10 instead of the loop of Algorithm 1."""

import copy

import chainer
import chainer.functions as F
import numpy as np

from workshop.exercises.exercise import Mistake
from workshop.transition import Transition


def epsilon_of(step, settings):
    """ε as the settings say."""
    done = min(step / settings["epsilon_decay_steps"], 1)
    return settings["epsilon_start"] + done * (settings["epsilon_end"] - settings["epsilon_start"])


def _choose(network, state, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(network.n_actions))
    with chainer.no_backprop_mode():
        return int(network(state[None]).array[0].argmax())


def _loss_of(network, target_network, batch, gamma):
    with chainer.no_backprop_mode():
        future = np.where(batch.terminated, 0, target_network(batch.next_state).array.max(axis=1))
    targets = (batch.reward + gamma * future).astype(np.float32)
    chosen = F.select_item(network(batch.state), batch.action)
    return F.mean(F.huber_loss(chosen, targets, 1.0, reduce="no"))


def _learn(network, optimizer, loss):
    network.cleargrads()
    loss.backward()
    optimizer.update()


def _trainer(
    make_target=copy.deepcopy,
    epsilon_of=epsilon_of,
    stored=lambda step, truncated: step,
    carries_on=True,
    resets_when=lambda terminated, truncated: terminated or truncated,
    begins=lambda step, settings: step >= settings["learning_starts"],
    learns_now=lambda step, settings: step % settings["steps_per_update"] == 0,
    discount=lambda gamma: gamma,
    loss_of=_loss_of,
    learn=_learn,
    syncs=lambda update, step, settings: update % settings["target_sync_updates"] == 0,
    sync=lambda network, target: target.copyparams(network),
    result=lambda returns: returns,
):
    """The loop of Algorithm 1, of which a mistake changes one thing."""

    def train(env, steps, network, memory, rng, **settings):
        target_network = make_target(network)
        optimizer = chainer.optimizers.Adam(settings["learning_rate"]).setup(network)
        update, returns, return_so_far = 0, [], 0.0
        state, _ = env.reset(seed=int(rng.integers(2**31)))
        for step in range(steps):
            action = _choose(network, state, epsilon_of(step, settings), rng)
            next_state, reward, terminated, truncated, _ = env.step(action)
            memory.add(stored(Transition(state, action, reward, next_state, terminated), truncated))
            return_so_far += reward
            state = next_state if carries_on else state
            if begins(step, settings) and learns_now(step, settings):
                batch = memory.sample(settings["batch_size"], rng)
                learn(network, optimizer, loss_of(network, target_network, batch, discount(settings["gamma"])))
                update += 1
                if syncs(update, step, settings):
                    sync(network, target_network)
            if resets_when(terminated, truncated):
                returns.append(return_so_far)
                return_so_far = 0.0
                state, _ = env.reset()
        return result(returns)

    return train


def _without_terminated(network, target_network, batch, gamma):
    return _loss_of(network, target_network, batch._replace(terminated=np.zeros(len(batch.reward), bool)), gamma)


def _adds_gradients_up(network, optimizer, loss):
    if any(parameter.grad is None for parameter in network.params()):
        network.cleargrads()
    loss.backward()
    optimizer.update()


def _no_optimizer_step(network, optimizer, loss):
    network.cleargrads()
    loss.backward()


def _never(*_):
    return False


MISTAKES = (
    Mistake(
        "The loss bootstraps through the terminal state, and the values grow with it: check your dqn_loss and "
        "td_targets.",
        _trainer(loss_of=_without_terminated),
    ),
    Mistake(
        "A truncated step is stored as terminated. The clock ended the episode, the task would have gone on: store "
        "`terminated` alone.",
        _trainer(stored=lambda step, truncated: step._replace(terminated=step.terminated or truncated)),
    ),
    Mistake(
        "Truncation is overlooked: when the clock has run out the episode is over, and the environment wants a reset.",
        _trainer(resets_when=lambda terminated, truncated: terminated),
    ),
    Mistake(
        "`state = next_state` is missing: every transition seems to begin in the first state of its episode.",
        _trainer(carries_on=False),
    ),
    Mistake(
        "The state is stored after it has moved on, and both states of a transition are the next one. Store first.",
        _trainer(stored=lambda step, truncated: step._replace(state=step.next_state)),
    ),
    Mistake(
        "ε stays at `epsilon_start`. Ask epsilon_at anew in every step.",
        _trainer(epsilon_of=lambda step, settings: settings["epsilon_start"]),
    ),
    Mistake("This never explores. Act with the ε of this step.", _trainer(epsilon_of=lambda step, settings: 0.0)),
    Mistake("`gamma` is not handed on: this learns with another discount.", _trainer(discount=lambda gamma: 0.99)),
    Mistake(
        "There is no target network: `target_network = network` is a second name for the same one. Make a copy: "
        "copy.deepcopy(network).",
        _trainer(make_target=lambda network: network),
    ),
    Mistake(
        "`network.copy()` copies the links and shares their arrays, so that the target network moves with every "
        "update. Use copy.deepcopy(network).",
        _trainer(make_target=lambda network: network.copy()),
    ),
    Mistake(
        "The target network is never made anew, and what it says stays what the untrained network said.",
        _trainer(syncs=_never),
    ),
    Mistake(
        "The target network is made anew in every update, and does not stand still at all.",
        _trainer(syncs=lambda update, step, settings: True),
    ),
    Mistake(
        "The period of the target network is counted in steps here. Count updates.",
        _trainer(syncs=lambda update, step, settings: step % settings["target_sync_updates"] == 0),
    ),
    Mistake(
        "The copy goes the wrong way: at each sync the network forgets what it has learned.",
        _trainer(sync=lambda network, target: network.copyparams(target)),
    ),
    Mistake(
        "No parameter ever changes. Is `optimizer.update()` there? And are the gradients cleared before backward(), and "
        "not between the two?",
        _trainer(learn=_no_optimizer_step),
    ),
    Mistake(
        "Gradients add up from update to update. Clear them before each backward pass: `network.cleargrads()`.",
        _trainer(learn=_adds_gradients_up),
    ),
    Mistake(
        "It learns after every step. `steps_per_update` says after how many.", _trainer(learns_now=lambda *_: True)
    ),
    Mistake("It never learns: are there updates at all?", _trainer(learns_now=_never)),
    Mistake(
        "Learning begins at once, from an almost empty memory. Wait for `learning_starts` steps.",
        _trainer(begins=lambda step, settings: step >= settings["batch_size"]),
    ),
    Mistake(
        "The memory is asked for a batch before it holds one. Wait for `learning_starts` steps.",
        _trainer(begins=lambda step, settings: True),
    ),
    Mistake(
        "The returns add up over all episodes. Begin at 0 with each one.",
        _trainer(result=lambda returns: np.cumsum(returns).tolist()),
    ),
    Mistake(
        "The mean return is given back. Return the list.", _trainer(result=lambda returns: float(np.mean(returns)))
    ),
    Mistake("Nothing is returned. Return the list of the episodes' returns.", _trainer(result=lambda returns: None)),
)
