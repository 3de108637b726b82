# mypy: ignore-errors
"""Convolution and pooling in NumPy, over any number of spatial axes, channels last.

Sizes, strides and dilation are one number, or one for each spatial axis.
"""

import numpy as np


def windows(x, size, strides=1, padding="valid", dilation_rate=1, fill=0.0):
    """The window at each place, on new last axes: (batch, *places, channels, *size)."""
    strides = np.broadcast_to(strides, len(size))
    dilation_rate = np.broadcast_to(dilation_rate, len(size))
    for axis, (n, step, gap) in enumerate(zip(size, strides, dilation_rate), start=1):
        reach = (n - 1) * gap + 1
        missing = 0
        if padding.lower() == "same":
            missing = max((x.shape[axis] - 1) // step * step + reach - x.shape[axis], 0)
        if padding == "causal":
            missing = reach - 1
        before = missing if padding == "causal" else missing // 2
        widths = [(0, 0)] * x.ndim
        widths[axis] = (before, missing - before)
        x = np.pad(x, widths, constant_values=fill)
        x = np.lib.stride_tricks.sliding_window_view(x, reach, axis)[..., ::gap]
        x = np.moveaxis(np.moveaxis(x, axis, 0)[::step], 0, axis)
    return x


def conv(x, kernel, bias=0.0, strides=1, padding="valid", dilation_rate=1, groups=1):
    """Conv1D, Conv2D and Conv3D: the kernel is (*size, channels / groups, filters)."""
    x = windows(x, kernel.shape[:-2], strides, padding, dilation_rate)
    kernel = np.moveaxis(kernel, -2, 0)
    n = kernel.ndim - 1
    parts = zip(np.split(x, groups, -n), np.split(kernel, groups, -1))
    return np.concatenate([np.tensordot(p, k, n) for p, k in parts], -1) + bias


def depthwise_conv(x, kernel, bias=0.0, strides=1, padding="valid", dilation_rate=1):
    """DepthwiseConv1D and 2D: the kernel is (*size, channels, depth_multiplier)."""
    x = windows(x, kernel.shape[:-2], strides, padding, dilation_rate)
    x = x.reshape(*x.shape[: kernel.ndim], -1)
    kernel = np.moveaxis(kernel, -2, 0).reshape(x.shape[-2], -1, kernel.shape[-1])
    y = np.einsum("...ck,ckm->...cm", x, kernel)
    return y.reshape(*y.shape[:-2], -1) + bias


def separable_conv(
    x,
    depthwise_kernel,
    pointwise_kernel,
    bias=0.0,
    strides=1,
    padding="valid",
    dilation_rate=1,
):
    """SeparableConv1D and 2D."""
    x = depthwise_conv(x, depthwise_kernel, 0.0, strides, padding, dilation_rate)
    return conv(x, pointwise_kernel, bias)


def max_pooling(x, pool_size=2, strides=None, padding="valid"):
    """MaxPooling1D, 2D and 3D."""
    pool_size = np.broadcast_to(pool_size, x.ndim - 2)
    strides = pool_size if strides is None else strides
    x = windows(x, pool_size, strides, padding, fill=-np.inf)
    return np.max(x, tuple(range(-len(pool_size), 0)))


def average_pooling(x, pool_size, strides=None, padding="valid"):
    """AveragePooling1D, 2D and 3D; what was padded does not count."""
    pool_size = np.broadcast_to(pool_size, x.ndim - 2)
    strides = pool_size if strides is None else strides
    x = windows(x, pool_size, strides, padding, fill=np.nan)
    return np.nanmean(x, tuple(range(-len(pool_size), 0)))


def global_average_pooling(x, mask=None, keepdims=False):
    """GlobalAveragePooling1D, 2D and 3D; a mask is one of the steps."""
    axes = tuple(range(1, x.ndim - 1))
    if mask is not None:
        x = np.where(mask[..., None], x, np.nan)
    return np.nanmean(x, axes, keepdims=keepdims)


def global_max_pooling(x, keepdims=False):
    """GlobalMaxPooling1D, 2D and 3D."""
    return np.max(x, tuple(range(1, x.ndim - 1)), keepdims=keepdims)


def zero_padding(x, padding=1):
    """ZeroPadding1D, 2D and 3D: a number, one for each axis, or pairs of them."""
    padding = np.asarray(padding)
    if padding.ndim == 1 and x.ndim > 3:
        padding = padding[:, None]
    return np.pad(x, [(0, 0), *np.broadcast_to(padding, (x.ndim - 2, 2)), (0, 0)])


def up_sampling(x, size=2):
    """UpSampling1D, 2D and 3D by repetition."""
    for axis, times in enumerate(np.broadcast_to(size, x.ndim - 2), start=1):
        x = np.repeat(x, times, axis)
    return x
