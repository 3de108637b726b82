"""Which module of this folder holds which operations, so that a run loads a few of them.

A new module is entered here by hand; `python tools/make_operations_doc.py` writes the rest.
"""

_TEXTS = {  # in the order of the documentation
    "elementwise": """
        tf.exp tf.sqrt tf.sin tf.cos tf.tan tf.asin tf.acos tf.atan tf.sinh tf.cosh
        tf.tanh tf.asinh tf.acosh tf.atanh tf.math.log tf.math.log1p tf.math.expm1
        tf.floor tf.math.ceil tf.square tf.negative tf.sign tf.round tf.math.reciprocal
        tf.math.reciprocal_no_nan tf.math.rsqrt tf.sigmoid tf.math.log_sigmoid
        tf.math.rint tf.math.is_nan tf.math.is_inf tf.math.is_finite tf.add tf.subtract
        tf.multiply tf.maximum tf.minimum tf.pow tf.divide tf.truediv tf.realdiv
        tf.math.floordiv tf.math.mod tf.truncatediv tf.truncatemod tf.atan2
        tf.math.squared_difference tf.math.divide_no_nan tf.math.multiply_no_nan
        tf.math.xlogy tf.math.xlog1py tf.math.xdivy tf.clip_by_value tf.scalar_mul
        tf.add_n tf.math.accumulate_n
    """,
    "special": """
        tf.math.digamma tf.math.erfinv tf.math.ndtri tf.math.erfcinv tf.abs tf.math.erf
        tf.math.erfc tf.math.lgamma tf.math.bessel_i1 tf.math.bessel_i1e
        tf.math.bessel_i0 tf.math.bessel_i0e tf.math.igamma tf.math.igammac
        tf.math.polygamma tf.complex tf.math.real tf.math.imag tf.math.conj
        tf.math.angle tf.bitwise.bitwise_and tf.bitwise.bitwise_or
        tf.bitwise.bitwise_xor tf.bitwise.left_shift tf.bitwise.right_shift
        tf.bitwise.invert
    """,
    "choosing": """
        tf.equal tf.not_equal tf.less tf.less_equal tf.greater tf.greater_equal
        tf.logical_and tf.logical_or tf.math.logical_xor tf.logical_not tf.where tf.cast
        tf.saturate_cast tf.constant tf.convert_to_tensor tf.identity tf.stop_gradient
        tf.debugging.check_numerics
    """,
    "creation": """
        tf.shape tf.size tf.rank tf.zeros tf.ones tf.fill tf.zeros_like tf.ones_like
        tf.eye tf.range tf.linspace tf.one_hot tf.sequence_mask tf.meshgrid
        tf.broadcast_dynamic_shape tf.ensure_shape tf.signal.hann_window
        tf.signal.hamming_window
    """,
    "arrays": """
        tf.reshape tf.expand_dims tf.squeeze tf.transpose tf.linalg.matrix_transpose
        tf.linalg.adjoint tf.reverse tf.roll tf.math.invert_permutation
    """,
    "sizing": """
        tf.broadcast_to tf.tile tf.repeat tf.pad tf.slice tf.nn.space_to_depth
        tf.nn.depth_to_space
    """,
    "joining": """
        tf.concat tf.stack tf.split tf.unstack
    """,
    "picking": """
        tf.gather tf.nn.embedding_lookup tf.gather_nd tf.scatter_nd
        tf.tensor_scatter_nd_update tf.tensor_scatter_nd_add tf.tensor_scatter_nd_sub
        tf.tensor_scatter_nd_max tf.tensor_scatter_nd_min tf.boolean_mask tf.nn.in_top_k
    """,
    "reductions": """
        tf.reduce_sum tf.reduce_mean tf.reduce_max tf.reduce_min tf.reduce_prod
        tf.math.reduce_variance tf.math.reduce_std tf.reduce_any tf.reduce_all
        tf.reduce_logsumexp tf.math.reduce_euclidean_norm tf.math.count_nonzero
        tf.argmax tf.argmin tf.norm tf.linalg.normalize tf.nn.moments
        tf.nn.weighted_moments tf.nn.l2_loss tf.nn.zero_fraction
        tf.math.is_non_decreasing tf.math.is_strictly_increasing tf.linalg.global_norm
        tf.clip_by_norm tf.nn.l2_normalize tf.nn.softmax tf.nn.log_softmax
        tf.nn.batch_normalization tf.nn.lrn
    """,
    "order": """
        tf.cumsum tf.math.cumprod tf.math.cumulative_logsumexp tf.sort tf.argsort
        tf.nn.top_k tf.searchsorted tf.math.bincount tf.reverse_sequence
    """,
    "segments": """
        tf.math.segment_sum tf.math.segment_mean tf.math.segment_prod
        tf.math.segment_max tf.math.segment_min tf.math.unsorted_segment_sum
        tf.math.unsorted_segment_mean tf.math.unsorted_segment_sqrt_n
        tf.math.unsorted_segment_prod tf.math.unsorted_segment_max
        tf.math.unsorted_segment_min
    """,
    "linear": """
        tf.matmul tf.linalg.matvec tf.tensordot tf.einsum
    """,
    "matrices": """
        tf.linalg.inv tf.linalg.det tf.linalg.logdet tf.linalg.slogdet tf.linalg.solve
        tf.linalg.triangular_solve tf.linalg.cholesky tf.linalg.cholesky_solve
        tf.linalg.lstsq tf.linalg.expm tf.linalg.pinv tf.linalg.matrix_rank
        tf.linalg.svd tf.linalg.qr tf.linalg.eigh tf.linalg.eigvalsh tf.linalg.cross
    """,
    "diagonals": """
        tf.linalg.diag tf.linalg.diag_part tf.linalg.set_diag tf.linalg.tensor_diag
        tf.linalg.tensor_diag_part tf.linalg.band_part tf.linalg.trace
    """,
    "neural": """
        tf.nn.bias_add tf.nn.relu tf.nn.relu6 tf.nn.leaky_relu tf.nn.elu tf.nn.selu
        tf.nn.gelu tf.nn.silu tf.nn.softplus tf.nn.softsign tf.nn.crelu
        tf.nn.sigmoid_cross_entropy_with_logits tf.nn.weighted_cross_entropy_with_logits
        tf.nn.softmax_cross_entropy_with_logits
        tf.nn.sparse_softmax_cross_entropy_with_logits
    """,
    "activations": """
        tf.keras.activations.celu tf.keras.activations.elu
        tf.keras.activations.exponential tf.keras.activations.gelu
        tf.keras.activations.glu tf.keras.activations.hard_shrink
        tf.keras.activations.hard_sigmoid tf.keras.activations.hard_silu
        tf.keras.activations.hard_tanh tf.keras.activations.leaky_relu
        tf.keras.activations.linear tf.keras.activations.log_sigmoid
        tf.keras.activations.log_softmax tf.keras.activations.mish
        tf.keras.activations.relu tf.keras.activations.relu6 tf.keras.activations.selu
        tf.keras.activations.sigmoid tf.keras.activations.silu
        tf.keras.activations.soft_shrink tf.keras.activations.softmax
        tf.keras.activations.softplus tf.keras.activations.softsign
        tf.keras.activations.sparse_plus tf.keras.activations.sparse_sigmoid
        tf.keras.activations.squareplus tf.keras.activations.tanh
        tf.keras.activations.tanh_shrink
    """,
    "convolution": """
        tf.nn.conv1d tf.nn.conv2d tf.nn.conv3d tf.nn.convolution tf.nn.atrous_conv2d
        tf.nn.depthwise_conv2d tf.nn.separable_conv2d tf.nn.conv1d_transpose
        tf.nn.conv2d_transpose tf.nn.conv3d_transpose
    """,
    "pooling": """
        tf.nn.max_pool tf.nn.max_pool1d tf.nn.max_pool2d tf.nn.max_pool3d tf.nn.avg_pool
        tf.nn.avg_pool1d tf.nn.avg_pool2d tf.nn.avg_pool3d
    """,
    "signal": """
        tf.signal.fft tf.signal.ifft tf.signal.fft2d tf.signal.ifft2d tf.signal.fft3d
        tf.signal.ifft3d tf.signal.rfft tf.signal.irfft tf.signal.rfft2d
        tf.signal.rfft3d tf.signal.irfft2d tf.signal.irfft3d tf.signal.fftshift
        tf.signal.ifftshift tf.signal.frame tf.signal.stft tf.signal.overlap_and_add
        tf.signal.dct
    """,
    "images": """
        tf.image.resize tf.image.flip_left_right tf.image.flip_up_down
        tf.image.transpose tf.image.rot90 tf.image.rgb_to_grayscale
        tf.image.grayscale_to_rgb tf.image.per_image_standardization
        tf.image.total_variation tf.image.image_gradients tf.image.crop_to_bounding_box
        tf.image.pad_to_bounding_box tf.image.extract_patches
    """,
    "random": """
        tf.nn.dropout tf.random.normal tf.random.truncated_normal tf.random.uniform
        tf.random.gamma tf.random.categorical tf.random.shuffle
        tf.random.stateless_normal tf.random.stateless_truncated_normal
        tf.random.stateless_uniform tf.random.stateless_categorical tf.random.poisson
        tf.image.random_brightness tf.image.random_contrast tf.image.random_crop
        tf.image.random_flip_left_right tf.image.random_flip_up_down tf.image.random_hue
        tf.image.random_saturation
    """,
}

FAMILIES = {family: tuple(names.split()) for family, names in _TEXTS.items()}
