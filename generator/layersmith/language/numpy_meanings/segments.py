# mypy: ignore-errors
"""TensorFlow's segment reductions in NumPy: rows with one id are reduced to one row."""

import numpy as np


def segment_sum(data, segment_ids):
    return unsorted_segment_sum(data, segment_ids, segment_ids[-1] + 1)


def segment_mean(data, segment_ids):
    return unsorted_segment_mean(data, segment_ids, segment_ids[-1] + 1)


def segment_prod(data, segment_ids):
    return unsorted_segment_prod(data, segment_ids, segment_ids[-1] + 1)


def segment_max(data, segment_ids):
    rows = [data[segment_ids == i] for i in range(segment_ids[-1] + 1)]
    return np.stack(
        [np.max(r, 0) if len(r) else np.zeros(data.shape[1:]) for r in rows]
    )


def segment_min(data, segment_ids):
    rows = [data[segment_ids == i] for i in range(segment_ids[-1] + 1)]
    return np.stack(
        [np.min(r, 0) if len(r) else np.zeros(data.shape[1:]) for r in rows]
    )


def unsorted_segment_sum(data, segment_ids, num_segments):
    return np.stack([data[segment_ids == i].sum(0) for i in range(num_segments)])


def unsorted_segment_mean(data, segment_ids, num_segments):
    rows = [data[segment_ids == i] for i in range(num_segments)]
    return np.stack([r.sum(0) / max(len(r), 1) for r in rows])


def unsorted_segment_sqrt_n(data, segment_ids, num_segments):
    rows = [data[segment_ids == i] for i in range(num_segments)]
    return np.stack([r.sum(0) / np.sqrt(max(len(r), 1)) for r in rows])


def unsorted_segment_prod(data, segment_ids, num_segments):
    return np.stack([data[segment_ids == i].prod(0) for i in range(num_segments)])


def unsorted_segment_max(data, segment_ids, num_segments):
    lowest = np.finfo(data.dtype).min
    rows = [data[segment_ids == i] for i in range(num_segments)]
    return np.stack([np.max(r, 0, initial=lowest) for r in rows])


def unsorted_segment_min(data, segment_ids, num_segments):
    highest = np.finfo(data.dtype).max
    rows = [data[segment_ids == i] for i in range(num_segments)]
    return np.stack([np.min(r, 0, initial=highest) for r in rows])
