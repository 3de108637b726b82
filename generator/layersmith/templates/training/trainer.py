"""A model with its optimizer, its metrics and the steps over them."""

import json
import os

import keras
import tensorflow as tf

MODES = ("eager", "graph", "xla")
STRATEGIES = ("none", "mirrored", "multiworker")
SCHEDULES = ("constant", "cosine")


def make_strategy(name):
    """Returns the `tf.distribute` strategy; call it before anything else.

    Raises:
        ValueError: TF_CONFIG does not describe a cluster.
    """
    if name == "multiworker":
        config = json.loads(os.environ.get("TF_CONFIG", "{}"))
        if "worker" not in config.get("cluster", {}):
            raise ValueError("--strategy multiworker needs the workers in TF_CONFIG")
        return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "none":
        return tf.distribute.get_strategy()
    if gpus := tf.config.list_logical_devices("GPU"):
        return tf.distribute.MirroredStrategy([gpu.name for gpu in gpus])
    # The default reduction fails on CPUs in the second strategy of a process.
    return tf.distribute.MirroredStrategy(
        [cpu.name for cpu in tf.config.list_logical_devices("CPU")],
        cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )


def is_chief(strategy):
    """Whether this process writes the files."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return resolver.task_type == first and resolver.task_id == 0


def learning_rate(value, schedule, steps):
    """The learning rate: constant, or a cosine after a warm-up of a tenth."""
    if schedule == "constant":
        return value
    warmup = steps // 10
    return keras.optimizers.schedules.CosineDecay(
        value / 10 if warmup else value,
        decay_steps=steps - warmup,
        warmup_target=value if warmup else None,
        warmup_steps=warmup,
    )


def make_optimizer(learning_rate, clip=None):
    """Adam, as `compile` would wrap it for the current dtype policy."""
    optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=clip)
    if keras.config.dtype_policy().name == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def make_loss(classification, reduction=None):
    """Of each sample, unless a reduction is named."""
    if classification:
        return keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction=reduction
        )
    return keras.losses.MeanSquaredError(reduction=reduction)


def make_metrics(classification):
    """The mean loss first, then what people look at."""
    loss = keras.metrics.Mean(name="loss")
    if classification:
        return (loss, keras.metrics.SparseCategoricalAccuracy(name="accuracy"))
    return (loss, keras.metrics.MeanAbsoluteError(name="error"))


class Trainer:
    """Trains a model one or many steps a call: eagerly, as a graph or by XLA.

    Attributes:
        model, optimizer, metrics: Made in the scope of the strategy.
        traces: How often the train step was traced.
    """

    def __init__(self, make_model, data, mode, strategy, learning_rate=3e-3, clip=None):
        self.strategy = strategy
        self.traces = 0
        with strategy.scope():
            self.model = make_model(data.shapes, data.outputs)
            self.optimizer = make_optimizer(learning_rate, clip)
            # Create the slots now: tf.function may not, under a strategy.
            self.optimizer.build(self.model.trainable_variables)
            self.metrics = make_metrics(data.classification)
            self._test_metrics = make_metrics(data.classification)
            self._loss_fn = make_loss(data.classification)
        step = self._step
        if mode == "xla":
            step = tf.function(step, jit_compile=True)

        def train(iterator, steps):
            for _ in tf.range(steps):
                step(*next(iterator))

        def test(iterator, steps):
            for _ in tf.range(steps):
                strategy.run(self._replica_test, args=next(iterator))

        # The steps of a call are a loop within the graph, also around XLA's programs,
        # which cannot read from an iterator.
        self._train = train if mode == "eager" else tf.function(train)
        self._test = tf.function(test)

    def _step(self, x, y):
        self.traces += 1
        self.strategy.run(self._replica_step, args=(x, y))

    def _replica_step(self, x, y):
        with tf.GradientTape() as tape:
            outputs = self.model(x, training=True)
            loss = tf.reduce_mean(self._loss_fn(y, outputs))
            for extra in self.model.losses:  # regularizers and add_loss()
                loss += tf.cast(extra, loss.dtype)
            # The gradients of the replicas are added up.
            replicas = self.strategy.num_replicas_in_sync
            scaled_loss = self.optimizer.scale_loss(loss / replicas)
        gradients = tape.gradient(scaled_loss, self.model.trainable_variables)
        self.optimizer.apply(gradients, self.model.trainable_variables)
        _update(self.metrics, loss, y, outputs)

    def _replica_test(self, x, y):
        outputs = self.model(x, training=False)
        _update(self._test_metrics, self._loss_fn(y, outputs), y, outputs)

    def train(self, iterator, steps=1):
        """Takes that many steps in one call."""
        self._train(iterator, tf.constant(steps))

    def results(self):
        """The metrics so far; waits for the steps to be done."""
        return _results(self.metrics)

    def reset(self):
        """Starts the metrics of an epoch."""
        for metric in self.metrics:
            metric.reset_state()

    def test(self, batches, steps):
        """The metrics of the model in inference, over that many batches."""
        for metric in self._test_metrics:
            metric.reset_state()
        batches = self.strategy.experimental_distribute_dataset(batches)
        self._test(iter(batches), tf.constant(steps))
        return _results(self._test_metrics)

    def variables(self):
        """Everything that a run changes; in an order that is always the same."""
        metrics = [v for metric in self.metrics for v in metric.variables]
        # Those of a model hold the states of its random generators too.
        return [*self.model.variables, *self.optimizer.variables, *metrics]


def _update(metrics, loss, y, outputs):
    mean_loss, metric = metrics
    mean_loss.update_state(loss)
    metric.update_state(y, outputs)


def _results(metrics):
    return {metric.name: float(metric.result()) for metric in metrics}
