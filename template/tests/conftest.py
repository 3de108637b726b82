"""What all suites run under: two CPU devices, no GPU, fixed seeds."""

import os

# Before TensorFlow starts. `CUDA_VISIBLE_DEVICES=0 pytest` runs on a GPU instead.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import pytest
import tensorflow as tf

# Two logical CPUs, so that tf.distribute can be tested anywhere.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)
