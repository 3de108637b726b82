# mypy: ignore-errors
"""`tf.signal`'s windows and frames, and `tf.image`'s operations, in NumPy."""

import numpy as np

# Signals -------------------------------------------------------------------------


def hann_window(window_length, periodic=True):
    size = window_length + periodic - window_length * periodic % 2
    count = np.arange(window_length)
    return 0.5 - 0.5 * np.cos(2 * np.pi * count / max(size - 1, 1))


def hamming_window(window_length, periodic=True):
    size = window_length + periodic - window_length * periodic % 2
    count = np.arange(window_length)
    return 0.54 - 0.46 * np.cos(2 * np.pi * count / max(size - 1, 1))


def frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1):
    x = np.moveaxis(signal, axis, -1)
    if pad_end:
        places = -(-x.shape[-1] // frame_step)
        missing = max((places - 1) * frame_step + frame_length - x.shape[-1], 0)
        widths = [(0, 0)] * (x.ndim - 1) + [(0, missing)]
        x = np.pad(x, widths, constant_values=pad_value)
    x = np.lib.stride_tricks.sliding_window_view(x, frame_length, -1)
    axis = axis % signal.ndim
    return np.moveaxis(x[..., ::frame_step, :], (-2, -1), (axis, axis + 1))


def stft(
    signals, frame_length, frame_step, fft_length=None, window_fn="hann", pad_end=False
):
    if fft_length is None:
        fft_length = 1 << (frame_length - 1).bit_length()
    frames = frame(signals, frame_length, frame_step, pad_end)
    if window_fn == "hann":
        frames = frames * hann_window(frame_length)
    return np.fft.rfft(frames, fft_length)


def overlap_and_add(signal, frame_step):
    *outer, count, length = signal.shape
    result = np.zeros((*outer, (count - 1) * frame_step + length))
    for i in range(count):
        result[..., i * frame_step : i * frame_step + length] += signal[..., i, :]
    return result


def dct(x, n=None):
    size = x.shape[-1]
    n = size if n is None else n
    x = np.pad(x[..., :n], [(0, 0)] * (x.ndim - 1) + [(0, max(n - size, 0))])
    angle = np.pi / n * (np.arange(n)[:, None] + 0.5) * np.arange(n)
    return 2 * x @ np.cos(angle)


# Images --------------------------------------------------------------------------


def resize(images, size, method="bilinear"):
    for axis, new in zip((-3, -2), size):
        old = images.shape[axis]
        place = (np.arange(new) + 0.5) * old / new
        if method == "nearest":
            nearest = np.minimum(place.astype(int), old - 1)
            images = np.take(images, nearest, axis)
            continue
        place = np.maximum(place - 0.5, 0)
        low = np.minimum(place.astype(int), old - 1)
        high = np.minimum(low + 1, old - 1)
        part = np.reshape(place - low, [-1] + [1] * (-axis - 1))
        left, right = np.take(images, low, axis), np.take(images, high, axis)
        images = left + (right - left) * part
    return images


def per_image_standardization(image):
    axes = (-3, -2, -1)
    size = np.prod(image.shape[-3:])
    deviation = np.maximum(np.std(image, axes, keepdims=True), 1 / np.sqrt(size))
    return (image - np.mean(image, axes, keepdims=True)) / deviation


def total_variation(images):
    axes = (-3, -2, -1)
    down = np.sum(np.abs(np.diff(images, axis=-3)), axes)
    return down + np.sum(np.abs(np.diff(images, axis=-2)), axes)


def image_gradients(image):
    down, right = np.zeros_like(image), np.zeros_like(image)
    down[:, :-1] = np.diff(image, axis=1)
    right[:, :, :-1] = np.diff(image, axis=2)
    return down, right


def crop(image, top, left, height, width):
    return image[..., top : top + height, left : left + width, :]


def pad_to_box(image, top, left, height, width):
    below = height - top - image.shape[-3]
    right = width - left - image.shape[-2]
    widths = [(0, 0)] * (image.ndim - 3) + [(top, below), (left, right), (0, 0)]
    return np.pad(image, widths)
