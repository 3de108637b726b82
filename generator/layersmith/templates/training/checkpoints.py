"""Checkpoints that a run goes on from as if it had never stopped."""

import json

import tensorflow as tf


class Progress(tf.train.experimental.PythonState):
    """Where a run stands; it lies in the checkpoint, beside the variables.

    Attributes:
        settings: The options that the numbers of the run depend on.
        step: Steps taken.
        history: The results of each finished epoch.
        finished: Whether the last epoch is among them.
    """

    def __init__(self, settings):
        super().__init__()
        self.settings = settings
        self.step = 0
        self.history = []
        self.finished = False

    def serialize(self):
        return json.dumps([self.settings, self.step, self.history, self.finished])

    def deserialize(self, text):
        (self.settings, self.step, self.history, self.finished) = json.loads(text)


class Checkpoints:
    """The last checkpoints of a run, each written whole or not at all."""

    def __init__(self, trainer, settings, directory):
        self.progress = Progress(settings)
        # By their place: a checkpoint of the model itself would leave out the states
        # of random generators, and the layers that are held in lists.
        variables = {str(i): v.value for i, v in enumerate(trainer.variables())}
        checkpoint = tf.train.Checkpoint(variables=variables, progress=self.progress)
        self._manager = tf.train.CheckpointManager(checkpoint, directory, max_to_keep=2)

    def restore(self, directory):
        """Goes back to the last checkpoint in the directory, if there is one."""
        if latest := tf.train.latest_checkpoint(directory):
            self._manager.checkpoint.restore(latest).assert_existing_objects_matched()

    def save(self):
        self._manager.save(checkpoint_number=self.progress.step)


def last_progress(directory):
    """What the last checkpoint in a directory says of its run, or None."""
    if latest := tf.train.latest_checkpoint(directory):
        progress = Progress({})
        tf.train.Checkpoint(progress=progress).restore(latest).expect_partial()
        return progress
    return None
