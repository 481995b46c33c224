"""A preset with some of its settings changed, as `--set NAME=VALUE` says; and settings as JSON and back."""

import dataclasses
import difflib
import inspect
import json
import math

import chainer

from workshop.dqn.presets import Preset
from workshop.nn import networks

DEFAULTS = {field.name: field.default for field in dataclasses.fields(Preset)}
# What was made before there were these did as their defaults do.
_ADDED = {"adam_epsilon", "learning_rate_decay_updates", "press_fire", "repeat_action_probability"}
_SHARES = ("gamma", "epsilon_start", "epsilon_end", "repeat_action_probability")
_POSITIVE = (
    "frame_skip", "max_frames", "environments", "stack", "replay_capacity", "n_step", "batch_size", "steps_per_update",
    "target_sync_updates", "adam_epsilon", "learning_rate", "epsilon_decay_steps", "steps",
)  # fmt: skip
_CHOICES = {
    "optimizer": ("adam", "rmsprop"),
    "loss": ("mean", "sum"),
    "actions": ("minimal", "full", "three"),
    "network": tuple(
        name
        for name, value in vars(networks).items()
        if inspect.isclass(value) and issubclass(value, chainer.Chain) and not name.startswith("_")
    ),
}


class BadSetting(Exception):
    """A setting that does not exist, or that cannot have this value; the sentence says what it can have."""


def changed(preset, assignments):
    """The preset with some settings changed.

    Args:
        preset: Preset.
        assignments: list of str, "NAME=VALUE" each; the value is JSON, or text without quotes.

    Raises:
        BadSetting
    """
    changes = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise BadSetting(f"--set takes NAME=VALUE, such as batch_size=16, not {assignment!r}.")
        if name not in DEFAULTS:
            nearest = difflib.get_close_matches(name, DEFAULTS, n=3, cutoff=0.5) or DEFAULTS
            raise BadSetting(f"There is no setting {name!r}. The nearest names: {', '.join(nearest)}.")
        changes[name] = _value(name, text.strip(), getattr(preset, name))
    preset = dataclasses.replace(preset, **changes)
    _check(preset)
    return preset


def as_json(preset):
    """The settings as a dict that JSON can hold."""
    return json.loads(json.dumps(dataclasses.asdict(preset)))


def from_json(settings):
    """The `Preset` of what `as_json` gave. Raises BadSetting where it was another version's."""
    known = settings.keys() if isinstance(settings, dict) else set()
    if not known or (DEFAULTS.keys() ^ known) - _ADDED or known - DEFAULTS.keys():
        differing = ", ".join(sorted(DEFAULTS.keys() ^ known))
        raise BadSetting(f"its settings are not those of this version of the kit; they differ in {differing}")
    return Preset(**{name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()})


def _value(name, text, old):
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(old, float) and type(value) is int:
        value = float(value)
    like = old if old is not None else value  # what may be nothing, crop and contrast, is checked by the games
    optional = DEFAULTS[name] is None
    if type(value) is not type(like) and not (optional and (value is None or isinstance(value, (int, tuple)))):
        example = json.dumps(old)
        raise BadSetting(f"{name} is a {_KINDS[type(like)]}, such as {example}, not {text}.")
    return value


_KINDS = {int: "whole number", float: "number", bool: "truth value", str: "name", tuple: "list of whole numbers"}


def _least_frame(network):
    """The side of the smallest picture of which its convolutions leave one pixel."""
    side = 1
    for _, kernel, stride in reversed(network.layers):
        side = (side - 1) * stride + kernel
    return side


def _check(preset):
    for name, value in dataclasses.asdict(preset).items():
        if name in _CHOICES and value not in _CHOICES[name]:
            raise BadSetting(f"{name} is one of {', '.join(_CHOICES[name])}, not {value!r}.")
        if name in _SHARES and not 0 <= value <= 1:
            raise BadSetting(f"{name} is from 0 to 1, not {value}.")
        if type(value) in (int, float) and not 0 <= value < math.inf:
            raise BadSetting(f"{name} is a number from 0 on, not {value}.")
        if name in _POSITIVE and value == 0:
            raise BadSetting(f"{name} is greater than 0.")
        if isinstance(value, tuple) and not all(type(number) is int and number >= 0 for number in value):
            raise BadSetting(f"{name} is a list of whole numbers, not {list(value)}.")
    if len(preset.frame_shape) != 2:
        raise BadSetting(f"frame_shape is [height, width], not {list(preset.frame_shape)}.")
    if preset.crop is not None and not (isinstance(preset.crop, tuple) and len(preset.crop) == 4):
        raise BadSetting(
            f"crop is [top, bottom, left, right] or null for the whole screen, not {json.dumps(preset.crop)}."
        )
    if type(preset.contrast) not in (int, type(None)):
        raise BadSetting(f"contrast is a whole number or null for none, not {json.dumps(preset.contrast)}.")
    least = _least_frame(getattr(networks, preset.network))
    if min(preset.frame_shape) < least:
        shape = list(preset.frame_shape)
        raise BadSetting(f"frame_shape is at least [{least}, {least}] for the network {preset.network}, not {shape}.")
    least = preset.environments * (preset.stack + preset.n_step)
    if preset.learning_starts < least:
        raise BadSetting(
            f"learning_starts is {preset.learning_starts}, but only after {least} steps the replay memory holds what "
            f"{preset.environments} environments with stacks of {preset.stack} and {preset.n_step}-step returns need."
        )
