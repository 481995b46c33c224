"""Session 2: a graph with its gradients, ways downhill, convolution step by step, activation functions."""

import gym
import numpy as np
from matplotlib.patches import Rectangle

from slides.figures import shown
from slides.figures.canvas import (
    FULL,
    HALF,
    PALE_BLUE,
    PALE_GREEN,
    PALE_GREY,
    PALE_ORANGE,
    arrow,
    box,
    canvas,
    minus,
    stage,
)
from workshop import plots
from workshop.exercises.reference import reference
from workshop.plots.charts import LOOKS
from workshop.plots.picture import GREY, VERMILLION, Picture, drawing

THETA, X, Y = (0.1, 0.2, 0.3), 1.0, -1.0


@shown
@drawing
def graph_with_gradients():
    """f(x, y) = a x² + b x y + c y² as a graph, every value and gradient by the reference's Node and backward."""
    Node, backward = reference("Node"), reference("backward")
    a, b, c = map(Node, THETA)
    x, y = Node(X), Node(Y)
    squares = {"$x^2$": x * x, "$x\\,y$": x * y, "$y^2$": y * y}
    terms = {
        "$a\\,x^2$": a * squares["$x^2$"],
        "$b\\,x\\,y$": b * squares["$x\\,y$"],
        "$c\\,y^2$": c * squares["$y^2$"],
    }
    f = terms["$a\\,x^2$"] + terms["$b\\,x\\,y$"] + terms["$c\\,y^2$"]
    backward(f)
    order = ("a", "$x^2$", "b", "$x\\,y$", "$y^2$", "c")
    heights = ((2.7, 0.9), tuple(3.3 - 0.6 * row for row in range(6)), (3.0, 1.8, 0.6), (1.8,))
    factors = {"a": a, "b": b, "c": c, **squares}
    columns = ({"x": x, "y": y}, {name: factors[name] for name in order}, terms, {"f": f})
    places, said = {}, []
    figure, axes = stage((8.6, 3.6))
    for x_place, column, ys in zip((0.98, 3.1, 5.4, 7.55), columns, heights):
        for (name, node), y_place in zip(column.items(), ys):
            leaf = name in ("x", "y", "a", "b", "c")
            parameter = name in ("a", "b", "c")
            colour = PALE_GREEN if parameter else PALE_GREY if leaf else PALE_BLUE
            text = f"{name} = {minus(node.value, 1)}    ∇ {minus(node.grad, 1)}"
            box(axes, (x_place, y_place), (1.8, 0.46), text, colour, size=11)
            places[name] = (x_place, y_place)
            said.append(f"{name.strip('$')} has the value {node.value:.1f} and the gradient {node.grad:.1f}")
    edges = [("x", "$x^2$"), ("x", "$x\\,y$"), ("y", "$x\\,y$"), ("y", "$y^2$")]
    edges += [("a", "$a\\,x^2$"), ("$x^2$", "$a\\,x^2$"), ("b", "$b\\,x\\,y$"), ("$x\\,y$", "$b\\,x\\,y$")]
    edges += [("$y^2$", "$c\\,y^2$"), ("c", "$c\\,y^2$"), *((name, "f") for name in terms)]
    for start, end in edges:
        (x0, y0), (x1, y1) = places[start], places[end]
        arrow(axes, (x0 + 0.9, y0), (x1 - 0.9, y1), GREY, mutation_scale=12, lw=1.4)
    alt = f"A graph: x and y lead to x squared, x y and y squared; these with a, b and c to three terms, and those to f. {'; '.join(said)}."
    return Picture.from_figure(figure, alt.replace("\\,", " "))


@shown
def learning_rates():
    """f(1, −1) on its way from 0.2 to 0.5, for four learning rates."""
    fit, f, steps = reference("fit_theta"), reference("quadratic"), np.arange(13)
    curves = {
        f"α = {rate}": [f(fit(np.array(THETA), X, Y, 0.5, rate, n), X, Y) for n in steps]
        for rate in (0.02, 0.1, 0.25, 0.34)
    }
    return plots.lines(steps, curves, title="f(1, −1) on its way to 0.5", xlabel="step", ylabel="f", ylim=(0.0, 1.0))


@shown
@drawing
def regression():
    """Forty points and the line after some steps of gradient descent."""
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-1, 1, 40)
    targets = 1.5 * inputs - 0.5 + 0.2 * rng.normal(size=40)
    X_, w, said = np.stack([inputs, np.ones(40)], axis=1), np.zeros(2), []
    figure = canvas(HALF)
    axes = figure.subplots()
    axes.plot(inputs, targets, "o", color=GREY, ms=5)
    for step in range(61):
        if step in (0, 3, 60):
            (colour, line, _), loss = LOOKS[len(said)], np.mean((X_ @ w - targets) ** 2)
            axes.plot(
                [-1, 1],
                [w[1] - w[0], w[1] + w[0]],
                color=colour,
                ls=line,
                lw=2.4,
                label=f"step {step}: loss {loss:.2f}",
            )
            said.append(f"after {step} steps {w[0]:.2f} x {w[1]:+.2f}, loss {loss:.2f}")
        w = w - 0.2 * reference("linear_regression_gradient")(w, X_, targets)
    axes.set(xlabel="x", ylabel="y")
    axes.legend(loc="upper left")
    return Picture.from_figure(figure, f"Forty points and three lines: {'; '.join(said)}.")


@shown
@drawing
def convolution_steps():
    """A kernel of 2 × 2 slides over a picture of 4 × 4 with stride 2: its four places and what each gives."""
    image = np.array([[5, 5, 5, 1], [5, 5, 5, 1], [1, 1, 1, 1], [1, 1, 1, 1]], dtype=float)
    kernel = np.array([[1.0, -1.0], [1.0, -1.0]])
    result = reference("conv2d")(image, kernel, 2)
    figure, said = canvas((8.6, 3.0)), []
    axes_of = figure.subplots(1, 5, width_ratios=[4, 4, 4, 4, 2.6])
    for number, axes in enumerate(axes_of[:4]):
        row, col = divmod(number, 2)
        _grid(axes, image)
        axes.add_patch(_window(2 * col, 2 * row, 2))
        window = image[2 * row : 2 * row + 2, 2 * col : 2 * col + 2]
        terms = " ".join(f"{'+' if k > 0 else '−'} {v:g}" for v, k in zip(window.ravel(), kernel.ravel()))
        axes.set_title(f"place ({row}, {col})", fontsize=11, fontweight="normal")
        axes.set_xlabel(f"{terms}\n= {result[row, col]:g}", fontsize=11.5)
        said.append(f"at ({row}, {col}) {terms} = {result[row, col]:g}")
    _grid(axes_of[4], result, colour=PALE_GREEN)
    axes_of[4].set_title("result", fontsize=11, fontweight="normal")
    axes_of[4].set_xlabel("kernel\n+1 −1\n+1 −1", fontsize=11.5)
    alt = f"A picture of 4 by 4 with an edge after its third column; the kernel has the rows 1, -1 twice, stride 2: {'; '.join(said)}."
    return Picture.from_figure(figure, alt)


def _grid(axes, values, colour=None):
    rows, cols = values.shape
    axes.set(xlim=(0, cols), ylim=(rows, 0), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(True)
    for (row, col), value in np.ndenumerate(values):
        shade = colour or (PALE_ORANGE if value > 3 else "white")
        axes.add_patch(_window(col, row, 1, facecolor=shade, edgecolor="#AAAAAA", lw=0.8))
        axes.text(col + 0.5, row + 0.5, f"{value:g}", ha="center", va="center", size=12)


def _window(x, y, side, **look):
    return Rectangle((x, y), side, side, **{"facecolor": "none", "edgecolor": VERMILLION, "lw": 3.2, **look})


def pong_screens():
    """Two pictures of Pong's field in grey, two frames apart."""
    env = gym.make("PongNoFrameskip-v4")
    env.reset(seed=1)
    screens = [env.step(0)[0] for _ in range(120)]
    return tuple(screen[34:194].mean(axis=2) for screen in (screens[-3], screens[-1]))


KERNELS = {
    "left edges": np.array([[1.0, 0.0, -1.0]] * 3),
    "upper edges": np.array([[1.0, 0.0, -1.0]] * 3).T,
    "blur": np.full((5, 5), 1 / 25),
}


def as_picture(values):
    """Any numbers as grey: 0 is in the middle where there are negative ones."""
    reach = np.abs(values).max()
    lowest, highest = (-reach, reach) if values.min() < 0 else (0, reach)
    grey = (255 * (values - lowest) / (highest - lowest)).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


@shown
def kernels_on_pong():
    before, now = pong_screens()
    found = {"the picture": now}
    found |= {name: reference("conv2d")(now, kernel, 1) for name, kernel in KERNELS.items()}
    found["what moved"] = now - before
    captions = [f"{name}\n{values.shape[0]} × {values.shape[1]}" for name, values in found.items()]
    return plots.filmstrip([as_picture(values) for values in found.values()], captions, width=7.6)


@shown
def shifted_pong():
    _, now = pong_screens()
    pictures = [now, np.roll(now, 12, axis=1)]
    edges = [reference("conv2d")(each, KERNELS["left edges"], 1) for each in pictures]
    captions = ["the picture", "its edges", "shifted by 12", "its edges, shifted"]
    return plots.filmstrip([as_picture(p) for pair in zip(pictures, edges) for p in pair], captions, width=7.2)


@shown
@drawing
def activations():
    """Four functions and their slopes."""
    x = np.linspace(-4, 4, 161)
    functions = {
        "relu": reference("relu"),
        "leaky relu": lambda x: reference("leaky_relu")(x, 0.1),
        "elu": lambda x: reference("elu")(x, 1.0),
        "sigmoid": reference("sigmoid"),
        "tanh": reference("tanh"),
    }
    figure, said = canvas((8.6, 3.2)), []
    left, right = figure.subplots(1, 2)
    looks = [*LOOKS, ("#333333", (0, (1, 1)), "v")]
    for (name, function), (colour, line, _) in zip(functions.items(), looks):
        slopes = (function(x + 1e-4) - function(x - 1e-4)) / 2e-4
        left.plot(x, function(x), color=colour, ls=line, lw=2.4, label=name)
        right.plot(x, slopes, color=colour, ls=line, lw=2.4)
        said.append(
            f"{name} is {function(x)[-1]:.2f} at 4 with a slope of {slopes[-1]:.3f}, {function(x)[0]:.2f} at -4 with {slopes[0]:.3f}"
        )
    left.set(title="value", ylim=(-1.3, 4.2), xlabel="x")
    right.set(title="slope", ylim=(-0.1, 1.15), xlabel="x")
    left.legend(loc="upper left", fontsize=10.5)
    for axes in (left, right):
        axes.grid()
    return Picture.from_figure(figure, f"Five activation functions: {'; '.join(said)}.")


@shown
def optimisers():
    """Four rules in a long narrow bowl."""
    slope = lambda place: place * np.array([1.0, 20.0])
    paths = {name: [np.array([-4.0, 1.0])] for name in ("plain", "momentum", "RMSProp", "Adam")}
    velocity = mean_square = m = v = np.zeros(2)
    for t in range(1, 61):
        place = {name: path[-1] for name, path in paths.items()}
        paths["plain"].append(place["plain"] - 0.04 * slope(place["plain"]))
        moved, velocity = reference("momentum_step")(place["momentum"], slope(place["momentum"]), velocity, 0.02, 0.9)
        paths["momentum"].append(moved)
        moved, mean_square = reference("rmsprop_step")(
            place["RMSProp"], slope(place["RMSProp"]), mean_square, 0.1, 0.9, 1e-8
        )
        paths["RMSProp"].append(moved)
        moved, m, v = reference("adam_step")(place["Adam"], slope(place["Adam"]), m, v, t, 0.2, 0.9, 0.999, 1e-8)
        paths["Adam"].append(moved)
    bowl = lambda x, y: 0.5 * (x**2 + 20 * y**2)
    return plots.descents(bowl, paths, (-4.5, 2.5), (-1.5, 1.5), title="60 steps down a long narrow bowl")


@shown
@drawing
def one_weight_everywhere():
    """How many weights the three convolutions take, and how many dense links between the same numbers would."""
    size, channels, rows = 84, 4, []
    for out, kernel, stride in ((32, 8, 4), (64, 4, 2), (64, 3, 1)):
        new = reference("conv_output_size")(size, kernel, stride, 0)
        rows.append((f"{size} → {new}", out * channels * kernel**2, size**2 * channels * new**2 * out))
        size, channels = new, out
    figure = canvas(FULL)
    axes = figure.subplots()
    places = np.arange(len(rows))
    for offset, column, colour, name in ((-0.2, 1, "#9CCBEA", "convolution"), (0.2, 2, "#F2C979", "dense link")):
        values = [row[column] for row in rows]
        axes.barh(places + offset, values, 0.36, color=colour, edgecolor=GREY, label=name)
        for place, value in zip(places, values):
            axes.text(value * 1.15, place + offset, f"{value:,}", va="center", size=11)
    axes.set_xscale("log")
    axes.set(xlim=(1e3, 3e10), xlabel="weights (each mark is ten times the one before)")
    axes.set_yticks(places, [row[0] for row in rows])
    axes.invert_yaxis()
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.02))
    said = "; ".join(f"{name}: {few:,} against {many:,}" for name, few, many in rows)
    return Picture.from_figure(figure, f"Weights of the three convolutions, and of dense links in their place: {said}.")
