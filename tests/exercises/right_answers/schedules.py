"""3.5 and 3.8, written by other hands."""

import copy

import numpy as np
from chainer import serializers


def by_cases(step, start, end, decay_steps):
    if step <= 0:
        return start
    if step >= decay_steps:
        return end
    return start - step * (start - end) / decay_steps


def clipped_line(step, start, end, decay_steps):
    return np.clip(start + step * (end - start) / decay_steps, end, start)


def interpolated(step, start, end, decay_steps):
    return np.interp(step, [0, decay_steps], [start, end])


def parameter_by_parameter(online_network, target_network):
    for online, target in zip(online_network.params(), target_network.params()):
        target.array[...] = online.array


def by_name(online_network, target_network):
    online = dict(online_network.namedparams())
    for name, parameter in target_network.namedparams():
        parameter.array = online[name].array.copy()
    return target_network


def through_a_deep_copy(online_network, target_network):
    target_network.copyparams(copy.deepcopy(online_network))


def through_a_serializer(online_network, target_network):
    saved = serializers.DictionarySerializer()
    saved.save(online_network)
    serializers.NpzDeserializer(saved.target).load(target_network)


RIGHT_ANSWERS = {
    "epsilon_at": [by_cases, clipped_line, interpolated],
    "sync_target": [parameter_by_parameter, by_name, through_a_deep_copy, through_a_serializer],
    "should_sync": [
        lambda update, period: not update % period,
        lambda update, period: update // period * period == update,
        lambda update, period: np.mod(update, period) == 0,
    ],
}
