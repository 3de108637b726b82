"""Which function is the forward pass of which Keras layer, and which is not Keras's."""

from __future__ import annotations

# A layer without a row has no meaning here. The function's arguments are the layer's
# inputs, its weights in the order of `layer.weights` and under their names there, and
# the layer's settings of that name, with the same default.
LAYERS = {
    "Add": "add",
    "AdditiveAttention": "additive_attention",
    "Attention": "attention",
    "Average": "average",
    "AveragePooling1D": "average_pooling",
    "AveragePooling2D": "average_pooling",
    "AveragePooling3D": "average_pooling",
    "BatchNormalization": "batch_normalization",
    "Concatenate": "concatenate",
    "Conv1D": "conv",
    "Conv2D": "conv",
    "Conv3D": "conv",
    "Dense": "dense",
    "DepthwiseConv1D": "depthwise_conv",
    "DepthwiseConv2D": "depthwise_conv",
    "Dot": "dot",
    "ELU": "elu",
    "EinsumDense": "einsum_dense",
    "Embedding": "embedding",
    "Flatten": "flatten",
    "GRUCell": "gru_cell",
    "GlobalAveragePooling1D": "global_average_pooling",
    "GlobalAveragePooling2D": "global_average_pooling",
    "GlobalAveragePooling3D": "global_average_pooling",
    "GlobalMaxPooling1D": "global_max_pooling",
    "GlobalMaxPooling2D": "global_max_pooling",
    "GlobalMaxPooling3D": "global_max_pooling",
    "GroupNormalization": "group_normalization",
    "LSTMCell": "lstm_cell",
    "LayerNormalization": "layer_normalization",
    "LeakyReLU": "leaky_relu_layer",
    "MaxPooling1D": "max_pooling",
    "MaxPooling2D": "max_pooling",
    "MaxPooling3D": "max_pooling",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "MultiHeadAttention": "multi_head_attention",
    "Multiply": "multiply",
    "PReLU": "prelu",
    "RMSNormalization": "rms_normalization",
    "ReLU": "thresholded_relu",
    "RepeatVector": "repeat_vector",
    "SeparableConv1D": "separable_conv",
    "SeparableConv2D": "separable_conv",
    "SimpleRNNCell": "simple_rnn_cell",
    "Softmax": "softmax",
    "Subtract": "subtract",
    "UnitNormalization": "unit_normalization",
    "UpSampling1D": "up_sampling",
    "UpSampling2D": "up_sampling",
    "UpSampling3D": "up_sampling",
    "ZeroPadding1D": "zero_padding",
    "ZeroPadding2D": "zero_padding",
    "ZeroPadding3D": "zero_padding",
}

# Functions that are right where Keras is not, each with the reason: an emitted suite
# that compared a layer with them would fail through no fault of the layer.
UNLIKE_KERAS = {
    "sparsemax": "Keras 3.15 takes a threshold too large (keras-team/keras#23425)"
}

# Settings that show in the weights alone, or only in training.
WITHOUT_EFFECT = frozenset(
    {
        *("bias_axes", "center", "depth_multiplier", "filters", "input_dim"),
        *("kernel_size", "key_dim", "num_heads", "output_dim", "output_shape"),
        *("scale", "shared_axes", "units", "unit_forget_bias", "use_bias", "use_scale"),
        *("value_dim", "weights", "mask_zero", "momentum"),
        *("dropout", "recurrent_dropout", "seed", "lora_rank", "lora_alpha"),
        *("name", "dtype", "trainable", "autocast", "synchronized"),
    }
)
# Layers whose `activation` is the last thing that they do: the caller's to apply.
ACTIVATED = frozenset(
    {
        *("Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D"),
        *("DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
    }
)
