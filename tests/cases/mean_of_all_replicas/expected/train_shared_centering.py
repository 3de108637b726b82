"""Trains SharedCentering with a custom loop.

python train_shared_centering.py                       # made-up data, graph mode
python train_shared_centering.py --data data.npz       # real data: arrays left, right and y
python train_shared_centering.py --mode xla            # compiled by XLA
python train_shared_centering.py --compare             # time eager, graph and XLA
python train_shared_centering.py --strategy mirrored   # all local devices
"""

import argparse
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from shared_centering import SharedCentering

MODES = ("eager", "graph", "xla")
POLICIES = ("float32", "mixed_float16", "mixed_bfloat16")
# Of a made-up sample.
SHAPES = {"left": (3,), "right": (3,)}


def make_model(shapes=SHAPES, outputs=1):
    """The layer under a dense head. Its arguments are here to be edited."""
    inputs = {
        "left": keras.Input(shapes["left"], name="left"),
        "right": keras.Input(shapes["right"], name="right"),
    }
    layer = SharedCentering()
    features = layer(**inputs)[0]
    # float32 output: a stable loss under a mixed policy.
    return keras.Model(inputs, keras.layers.Dense(outputs, dtype="float32")(features))


def rows(x, index):
    return {name: array[index] for name, array in x.items()}


def shapes_of(x):
    return {name: array.shape[1:] for name, array in x.items()}


def make_optimizer():
    optimizer = keras.optimizers.Adam(3e-3)
    # `compile()` does this; a custom loop must do it itself.
    if keras.config.dtype_policy().name == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def make_task(y):
    """Returns the size of the head, the loss and the metric that fit `y`."""
    if y.dtype.kind == "i":  # classes
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        metric = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        return int(y.max()) + 1, loss_fn, metric
    metric = keras.metrics.MeanAbsoluteError(name="error")
    return y.shape[1], keras.losses.MeanSquaredError(), metric


def make_data(samples=4096):
    """Random inputs, and the answers of a teacher: the model with other weights."""
    keras.utils.set_random_seed(1234)
    rng = np.random.default_rng(1234)
    x = {
        "left": rng.normal(size=(samples, *SHAPES["left"])).astype("float32"),
        "right": rng.normal(size=(samples, *SHAPES["right"])).astype("float32"),
    }
    teacher = make_model()
    for weight in teacher.trainable_weights:
        weight.assign(weight + rng.uniform(0, 0.1, weight.shape))
    y = teacher.predict(x, verbose=0)
    if not np.isfinite(y).all():
        raise ValueError("the layer has no finite answers: edit make_data")
    return x, (y - y.mean()) / (y.std() + 1e-6)


def load_data(path):
    """Reads left, right and y from a .npz file: integers in y are classes."""
    if not zipfile.is_zipfile(path):
        raise ValueError("not a .npz file" if path.exists() else "no such file")
    with np.load(path) as file:
        arrays = dict(file)
    for name in ("y", *SHAPES):
        if name not in arrays:
            raise ValueError(f"no array `{name}`, only {list(arrays)}")
        array = arrays[name]
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise ValueError(f"`{name}` must hold finite numbers")
        if not array.ndim or not array.size or len(array) != len(arrays["y"]):
            raise ValueError(f"`{name}` must have one row a sample, as `y` has")
    x = {
        "left": arrays["left"].astype("float32"),
        "right": arrays["right"].astype("float32"),
    }
    y = arrays["y"]
    if y.dtype.kind == "f":
        y = y.reshape(len(y), -1).astype("float32")
    elif y.size == len(y) and y.min() >= 0:
        y = y.reshape(-1).astype("int32")
    else:
        raise ValueError("integers in `y` are classes: one a sample, from 0 up")
    make_model(shapes_of(x))(rows(x, slice(1)))  # a wrong shape is said here
    return x, y


def make_strategy(name):
    if name == "none":
        return tf.distribute.get_strategy()
    if gpus := tf.config.list_logical_devices("GPU"):
        return tf.distribute.MirroredStrategy([gpu.name for gpu in gpus])
    # The default reduction fails on CPUs in the second strategy of a process.
    return tf.distribute.MirroredStrategy(
        [cpu.name for cpu in tf.config.list_logical_devices("CPU")],
        cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )


def make_batches(strategy, x, y, batch_size, seed=0):
    """Endless shuffled batches; a strategy splits each over its replicas."""
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    dataset = dataset.shuffle(len(y), seed=seed).repeat().batch(batch_size)
    dataset = dataset.prefetch(tf.data.AUTOTUNE)
    return strategy.experimental_distribute_dataset(dataset)


def make_train_step(mode, strategy, x, y, signature):
    """Returns `(step, model, metrics)`; `step(x, y)` is one update."""
    with strategy.scope():
        size, loss_fn, metric = make_task(y)
        model = make_model(shapes_of(x), size)
        optimizer = make_optimizer()
        # Create the slots now: tf.function may not, under a strategy.
        optimizer.build(model.trainable_variables)
        metrics = {"loss": keras.metrics.Mean(), metric.name: metric}
    replicas = strategy.num_replicas_in_sync

    def replica_step(x, y):
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = loss_fn(y, outputs)  # Keras divides it by the replica count
            for extra in model.losses:  # regularizers and add_loss()
                loss += tf.cast(extra, loss.dtype) / replicas
            scaled_loss = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled_loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        metrics["loss"].update_state(loss * replicas)
        metric.update_state(y, outputs)
        return loss

    def train_step(x, y):
        losses = strategy.run(replica_step, args=(x, y))
        return strategy.reduce("SUM", losses, axis=None)

    if mode != "eager":
        # The batch axis of the signature is None: one trace for any batch size.
        train_step = tf.function(
            train_step, input_signature=signature, jit_compile=mode == "xla"
        )
    return train_step, model, metrics


def evaluate(model, x, y):
    """Returns the loss and the metric of the model in inference."""
    _, loss_fn, metric = make_task(y)
    outputs = model.predict(x, verbose=0)
    results = {"loss": loss_fn(y, outputs), metric.name: metric(y, outputs)}
    return {f"held-out {name}": float(value) for name, value in results.items()}


def train(args, strategy, x, y):
    """Returns the trained model and, for each epoch, its losses and metrics."""
    order = np.random.default_rng(args.seed).permutation(len(y))
    held_out, rest = np.split(order, [int(len(y) * args.validation)])
    batches = make_batches(strategy, rows(x, rest), y[rest], args.batch_size, args.seed)
    signature = batches.element_spec
    step, model, metrics = make_train_step(args.mode, strategy, x, y, signature)
    steps = args.steps or max(1, len(rest) // args.batch_size)
    iterator, history = iter(batches), []
    for epoch in range(args.epochs):
        print(f"Epoch {epoch + 1}/{args.epochs}")
        progress = keras.utils.Progbar(steps, stateful_metrics=metrics)
        for metric in metrics.values():
            metric.reset_state()
        for i in range(1, steps + 1):
            step(*next(iterator))
            if i % 10 and i < steps:  # reading a result waits for the step
                continue
            values = {name: float(m.result()) for name, m in metrics.items()}
            if i == steps and len(held_out):
                values |= evaluate(model, rows(x, held_out), y[held_out])
            progress.update(i, values.items())
        history.append(values)
    return model, history


def compare(args, x, y):
    """Prints and returns the median seconds of a step in each mode."""
    strategy = tf.distribute.get_strategy()
    batches = make_batches(strategy, x, y, args.batch_size)
    batch = next(iter(batches))
    steps = {
        mode: make_train_step(mode, strategy, x, y, batches.element_spec)[0]
        for mode in MODES
    }
    times = {mode: [] for mode in MODES}
    for i in range(52):
        for mode, step in steps.items():  # interleaved: load hits all alike
            start = time.perf_counter()
            float(step(*batch))  # float() waits for the result
            if i >= 2:  # traced and compiled
                times[mode].append(time.perf_counter() - start)
    medians = {mode: np.median(values) for mode, values in times.items()}
    for mode, seconds in medians.items():
        ratio = medians["eager"] / seconds
        print(f"{mode:>6}: {seconds * 1e3:7.2f} ms/step  ({ratio:.1f}x eager)")
    return medians


def plot(history, path):
    from matplotlib.figure import Figure  # slow to import

    axis = Figure().subplots()
    for name in ("loss", "held-out loss"):
        if name in history[0]:
            losses = [values[name] for values in history]
            axis.plot(range(1, len(history) + 1), losses, label=name)
    axis.set(xlabel="epoch", ylabel="loss", title="SharedCentering")
    axis.legend()
    axis.figure.savefig(path)


def save(model, x, directory, policy):
    """Writes the model for Keras and for serving, and loads both back."""
    tolerance = (1e-4, 1e-4) if policy == "float32" else (0.05, 0.05)
    model.save(directory / "model.keras")
    model.export(directory / "saved_model", verbose=False)
    loaded = keras.models.load_model(directory / "model.keras")
    served = tf.saved_model.load(directory / "saved_model")
    expected = model(x, training=False)
    np.testing.assert_allclose(loaded(x, training=False), expected, *tolerance)
    np.testing.assert_allclose(served.serve(x), expected, *tolerance)


def main(argv=None):
    """Trains and returns the loss of each epoch; with --compare, returns the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a .npz file")
    parser.add_argument("--validation", type=float, default=0.2, help="held-out share")
    parser.add_argument("--mode", choices=MODES, default="graph")
    parser.add_argument("--compare", action="store_true", help="time the modes, only")
    parser.add_argument("--strategy", choices=("none", "mirrored"), default="none")
    parser.add_argument("--policy", choices=POLICIES, default="float32")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, help="per epoch; default: all the data")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out"))
    args = parser.parse_args(argv)
    if min(args.epochs, args.steps or 1, args.batch_size) < 1:
        parser.error("--epochs, --steps and --batch-size count from 1")
    if not 0 <= args.validation < 1:
        parser.error("--validation is a share from 0 to below 1")

    strategy = make_strategy(args.strategy)
    if args.mode == "xla" and strategy.num_replicas_in_sync > 1:
        parser.error("--mode xla runs on one device")
    keras.config.set_dtype_policy("float32")
    try:
        x, y = load_data(args.data) if args.data else make_data()
    except (OSError, ValueError, tf.errors.InvalidArgumentError) as error:
        parser.error(f"{args.data or 'made-up data'}: {' '.join(str(error).split())}")
    keras.utils.set_random_seed(args.seed)
    keras.config.set_dtype_policy(args.policy)
    if args.compare:
        return compare(args, x, y)

    model, history = train(args, strategy, x, y)
    args.out.mkdir(parents=True, exist_ok=True)
    save(model, rows(x, slice(3)), args.out, args.policy)
    print(f"Wrote model.keras and saved_model to {args.out}")
    try:
        plot(history, args.out / "loss.png")
    except ImportError as error:
        print(f"Wrote no loss.png: {error}")
    for name in ("held-out accuracy", "held-out loss"):
        if name in history[-1]:
            print(f"{name}: {history[-1][name]:.4f}")
            break
    return [values["loss"] for values in history]


if __name__ == "__main__":
    main()
