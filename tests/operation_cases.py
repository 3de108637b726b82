"""Calls that try every row of the operation table: shapes, settings, unknown axes."""

from __future__ import annotations

from operation_bench import Case, case

POSITIVE = {"x": "batch time features positive"}
UNIT = {"x": "batch time features unit"}
LARGE = {"x": "batch time features positive"}


def _unary(names: str, **inputs: str) -> list[Case]:
    return [
        made
        for name in names.split()
        for made in (case(f"tf.{name}(x)", **inputs), case(f"tf.{name}(r)", trials=3))
        if not inputs or "(x)" in made.text
    ]


def _binary(names: str, **inputs: str) -> list[Case]:
    return [
        made
        for name in names.split()
        for made in (
            case(f"tf.{name}(x, y)", **inputs),
            case(f"tf.{name}(x, 0.2)", **inputs),
        )
    ]


ELEMENTWISE = [
    *_unary(
        "exp sin cos tan atan sinh cosh tanh asinh math.expm1 floor math.ceil math.rint"
    ),
    *_unary("sqrt math.log math.log1p math.rsqrt math.lgamma", **POSITIVE),
    *_unary(
        "math.digamma math.bessel_i0 math.bessel_i0e math.bessel_i1 math.bessel_i1e",
        **POSITIVE,
    ),
    *_unary("asin acos atanh math.erfinv", **UNIT),
    case("tf.acosh(x)", x="batch time features share", sizes={"features": 1}),
    case("tf.acosh(x + 1.5)", **POSITIVE),
    case("tf.math.ndtri(x)", x="batch time features share", sizes={"features": 3}),
    case("tf.math.erfcinv(x)", x="batch time features share", sizes={"features": 3}),
    *_unary(
        "abs square negative sign round sigmoid math.log_sigmoid math.erf math.erfc"
    ),
    *_unary("math.reciprocal math.is_nan math.is_inf math.is_finite"),
    case("tf.abs(q)"),
    case("tf.abs(n)"),
    case("tf.square(n)"),
    case("tf.negative(q)"),
    case("tf.math.reciprocal_no_nan(x)"),
    *_binary(
        "add subtract multiply divide maximum minimum realdiv truediv math.squared_difference"
    ),
    *_binary("math.floordiv math.mod truncatediv truncatemod atan2 math.divide_no_nan"),
    case("tf.pow(x, y)", **POSITIVE),
    case("tf.pow(x, 3.0)"),
    case("tf.add(x, v)"),
    case("tf.multiply(x, s)"),
    case("tf.maximum(x, r)", r="1 time 1"),
    case("tf.add(q, q)"),
    case("tf.divide(n, 2)"),
    case("tf.divide(1.0, x)", **POSITIVE),
    case("tf.math.floordiv(n, 2)"),
    case("tf.math.mod(n, 4)"),
    case("tf.math.divide_no_nan(x, tf.floor(y))"),
    case("tf.math.multiply_no_nan(x, tf.floor(y))"),
    case(
        "tf.math.xlogy(tf.floor(x), y)",
        x="batch time features positive",
        y="batch time features positive",
    ),
    case(
        "tf.math.xlog1py(tf.floor(x), y)",
        x="batch time features positive",
        y="features positive",
    ),
    case("tf.math.xdivy(tf.floor(x), y)", y="batch time features positive"),
    case(
        "tf.math.igamma(x, y)",
        x="batch time features positive",
        y="batch time features positive",
    ),
    case(
        "tf.math.igammac(x, y)", x="batch time features positive", y="features positive"
    ),
    case("tf.math.polygamma(tf.ones_like(x), x)", **POSITIVE),
    case("tf.clip_by_value(x, -0.5, 1.0)"),
    case("tf.clip_by_value(x, 0, y)", y="batch time features positive"),
    case("tf.clip_by_value(n, 2, 5)"),
    case("tf.scalar_mul(2.5, x)"),
    case("tf.scalar_mul(s, x)"),
    case("tf.add_n([x, y, z])"),
    case("tf.math.accumulate_n([x, y])"),
    case("tf.complex(x, y)"),
    case("tf.math.real(q)"),
    case("tf.math.real(x)"),
    case("tf.math.imag(q)"),
    case("tf.math.conj(q)"),
    case("tf.math.conj(x)"),
    case("tf.math.angle(q)"),
    *(
        case(f"tf.bitwise.{name}(n, m)", m="features int32<5")
        for name in [
            "bitwise_and",
            "bitwise_or",
            "bitwise_xor",
            "left_shift",
            "right_shift",
        ]
    ),
    case("tf.bitwise.invert(n)"),
]

CHOOSING = [
    *(
        case(f"tf.{name}({arguments})")
        for name in [
            "equal",
            "not_equal",
            "less",
            "less_equal",
            "greater",
            "greater_equal",
        ]
        for arguments in ("x, y", "n, 3", "tf.floor(x), 0.0")
    ),
    *(
        case(f"tf.{name}(b, {other})")
        for name in ["logical_and", "logical_or", "math.logical_xor"]
        for other in ("c", "b[:, :1]", "True")
    ),
    case("tf.logical_not(b)"),
    case("tf.where(b, x, y)"),
    case("tf.where(b, x, 0.0)"),
    case("tf.where(b, x, -1e9)", tolerance=1e-9),
    case("tf.where(b[:, :, :1], x, v)"),
    case("tf.where(b)", open=True),
    case("tf.cast(x, tf.int32)"),
    case("tf.cast(b, tf.float32)"),
    case("tf.cast(b, compute_dtype)"),
    case("tf.cast(n, x.dtype) + x"),
    case("tf.cast(x, tf.bool)"),
    case("tf.cast(x, 'float32')", tolerance=1e-6),
    case("tf.cast(x, tf.complex64)", tolerance=1e-6),
    case("tf.saturate_cast(x, tf.int32)"),
    case("tf.constant([[1, 2, 3], [4, 5, 6]])"),
    case("tf.constant([1.0, 2])"),
    case("tf.constant(2.5, dtype=tf.float64)"),
    case("tf.constant(0.5, shape=[2, 3])"),
    case("tf.constant([True, False])"),
    case("tf.convert_to_tensor([1, 2], dtype=tf.float32)"),
    case("tf.convert_to_tensor(x)"),
    case("tf.convert_to_tensor([units, 2])"),
    case("tf.identity(x)"),
    case("tf.identity(n)"),
    case("tf.stop_gradient(x)"),
    case('tf.debugging.check_numerics(x, "not finite")'),
]

CREATION = [
    case("tf.shape(x)"),
    case("tf.shape(x)[1]"),
    case("tf.shape(x, out_type=tf.int64)"),
    case("tf.size(x)"),
    case("tf.rank(x)"),
    case("tf.zeros([batch, 3])", x="batch"),
    case("tf.zeros([batch, units], dtype=x.dtype) + x[:, :1, 0]"),
    case("tf.zeros(tf.shape(x))"),
    case("tf.zeros([2, 3], tf.int32)"),
    case("tf.zeros(3)"),
    case("tf.zeros([])"),
    case("tf.ones([batch, time], tf.bool)", x="batch time"),
    case("tf.ones(tf.shape(x)[:2])"),
    case("tf.ones((2, 2))"),
    case("tf.fill([batch, 2], 0.5)", x="batch"),
    case("tf.fill(tf.shape(x), s)"),
    case("tf.fill([3], units)"),
    case("tf.zeros_like(x)"),
    case("tf.zeros_like(x, dtype=tf.int32)"),
    case("tf.ones_like(x)"),
    case("tf.ones_like(b)"),
    case("tf.ones_like(x, tf.bool)"),
    case("tf.eye(4)"),
    case("tf.eye(units, 3)"),
    case("tf.eye(time, batch_shape=[batch], dtype=x.dtype)", x="batch time"),
    case("tf.eye(3, dtype=tf.bool)"),
    case("tf.range(5)"),
    case("tf.range(time)", x="batch time"),
    case("tf.range(tf.shape(x)[1])"),
    case("tf.range(2, 9)"),
    case("tf.range(2, 9, 3)"),
    case("tf.range(9, 0, -2)"),
    case("tf.range(units)"),
    case("tf.range(0, time)", x="batch time"),
    case("tf.range(0.0, 1.0, 0.25)", open=True),
    case("tf.range(4, dtype=tf.float32)"),
    case("tf.linspace(0.0, 1.0, 5)"),
    case("tf.linspace(x, y, 4)"),
    case("tf.linspace(x, y, units, axis=-1)"),
    case("tf.one_hot(i, 4)"),
    case("tf.one_hot(i, depth=units, axis=1)"),
    case("tf.one_hot(j, 3, on_value=2.0, off_value=-1.0, axis=0)"),
    case("tf.one_hot(j, 3, on_value=5, off_value=1)"),
    case("tf.one_hot(i, 3, dtype=x.dtype) + x[:, :, :1]"),
    case("tf.sequence_mask(j, 4)"),
    case("tf.sequence_mask(j, units, dtype=tf.float32)"),
    case("tf.sequence_mask(j)", open=True),
    case("tf.meshgrid(v, w)[0]", w="time"),
    case("tf.meshgrid(v, w)[1]", w="time"),
    case("tf.meshgrid(v, w, s, indexing='ij')[2]", w="time", s="3"),
    case("tf.broadcast_dynamic_shape(tf.shape(x), tf.shape(v))"),
    case("tf.ensure_shape(x, [None, None, 4])", x="batch time 4"),
    case("tf.ensure_shape(x, x.shape)"),
    case("tf.signal.hann_window(6)", tolerance=1e-6),
    case("tf.signal.hann_window(5, periodic=False)", tolerance=1e-6),
    case("tf.signal.hann_window(5)", tolerance=1e-6),
    case("tf.signal.hamming_window(units)", tolerance=1e-6),
    case("tf.signal.hamming_window(6, False)", tolerance=1e-6),
]

ARRAYS = [
    case("tf.reshape(x, [batch, time * features])"),
    case("tf.reshape(x, [batch, -1])"),
    case("tf.reshape(x, [-1, features])"),
    case("tf.reshape(x, (-1,))"),
    case("tf.reshape(x, [-1])"),
    case("tf.reshape(x, [batch, time, 2, -1])"),
    case("tf.reshape(x, [batch, time, -1, size])"),
    case("tf.reshape(x, tf.shape(y))"),
    case("tf.reshape(x, tf.concat([tf.shape(x)[:-1], [2, features // 2]], axis=0))"),
    case("tf.reshape(x, [batch, 1, time, features])"),
    case("tf.reshape(r, [-1, features])", open=True),
    case("tf.expand_dims(x, 1)"),
    case("tf.expand_dims(x, -1)"),
    case("tf.expand_dims(x, axis=axis)", open=True),
    case("tf.expand_dims(r, -1)"),
    case("tf.expand_dims(r, 1)"),
    case("tf.squeeze(x, axis=1)", x="batch 1 features"),
    case("tf.squeeze(x, [1, -1])", x="batch 1 features 1"),
    case("tf.squeeze(tf.ones([2, 1, 3]))"),
    case("tf.transpose(x)"),
    case("tf.transpose(x, [0, 2, 1])"),
    case("tf.transpose(x, perm=(2, 0, 1))"),
    case("tf.linalg.matrix_transpose(x)"),
    case("tf.linalg.adjoint(q)"),
    case("tf.linalg.adjoint(x)"),
    case("tf.reverse(x, axis=[1])"),
    case("tf.reverse(x, [0, -1])"),
    case("tf.reverse(r, [-1])"),
    case("tf.roll(x, 1, 1)"),
    case("tf.roll(x, shift=[1, -2], axis=[1, 2])"),
    case("tf.roll(x, shift=size, axis=axis)"),
    case("tf.math.invert_permutation(tf.argsort(v))"),
]

SIZING = [
    case("tf.broadcast_to(v, [batch, time, features])", x="batch time"),
    case("tf.broadcast_to(v, tf.shape(x))"),
    case("tf.tile(x, [1, 2, 3])"),
    case("tf.tile(x, [1, units, 1])"),
    case("tf.tile(v[tf.newaxis], [batch, 1])", x="batch time"),
    case("tf.repeat(x, 2, axis=1)"),
    case("tf.repeat(x, units, axis=-1)"),
    case("tf.repeat(x, 2)"),
    case("tf.repeat(x, [1, 2, 0], axis=1)", x="batch 3 features"),
    case("tf.repeat(x, repeats=size, axis=axis)", open=True),
    case("tf.pad(x, [[0, 0], [1, 2], [0, 0]])"),
    case("tf.pad(x, [[0, 0], [size, 0], [0, 1]], constant_values=-1.0)"),
    case("tf.pad(x, [[0, 0], [1, 1], [0, 1]], mode='REFLECT')", x="batch 4 features"),
    case("tf.pad(x, ((0, 0), (2, 1), (0, 0)), mode='SYMMETRIC')", x="batch 4 features"),
    case("tf.slice(x, [0, 0, 1], [-1, 1, 1])"),
    case("tf.slice(x, [0, 0, 0], [batch, time, 2])"),
    case("tf.nn.space_to_depth(h, 2)"),
    case("tf.nn.space_to_depth(h, block_size=size)"),
    case("tf.nn.depth_to_space(h, 2)"),
    case("tf.nn.depth_to_space(h, size)"),
]

JOINING = [
    case("tf.concat([x, y], axis=-1)"),
    case("tf.concat([x, y, z], 1)", y="batch 2 features"),
    case("tf.concat([x, y], axis=axis)", open=True),
    case("tf.concat([r, r], axis=-1)"),
    case("tf.concat([tf.shape(x)[:2], [7]], 0)"),
    case("tf.stack([x, y])"),
    case("tf.stack([x, y, z], axis=-1)"),
    case("tf.stack([x, y], axis=2)"),
    case("tf.stack([batch, 2 * time, 3])", x="batch time"),
    *(case(f"tf.split(x, 2, axis=-1)[{i}]") for i in (0, 1)),
    case("tf.split(x, 2, axis=-1)"),
    case("tf.split(x, [1, 3], axis=1)", x="batch 4 features"),
    case("tf.split(x, [1, -1], axis=2)"),
    case("tf.split(x, num_or_size_splits=size, axis=-1)", open=True),
    case("tf.split(x, [size, features - size], -1)", sizes={"size": 1}),
    case("tf.unstack(x, axis=1)", x="batch 3 features"),
    case("tf.unstack(x, 2, axis=-1)", x="batch time 2"),
    case("tf.unstack(x)", x="3 features"),
    case("tf.unstack(tf.shape(x))[1]"),
]

PICKING = [
    case("tf.gather(x, j, axis=0)", sizes={"batch": 2}),
    case("tf.gather(x, j)", sizes={"batch": 2}),
    case("tf.gather(x, [0, 0], axis=1)"),
    case("tf.gather(x, 0, axis=-1)"),
    case("tf.gather(x, i, axis=1, batch_dims=1)", x="batch 3 features"),
    case("tf.gather(x, i, batch_dims=1)", x="batch 3 features"),
    case("tf.gather(x, i, axis=2, batch_dims=1)", x="batch 2 3"),
    case("tf.gather(x, i, axis=-1, batch_dims=2)", i="batch time 2 int32<2"),
    case("tf.gather(x, [0], axis=axis)", open=True),
    case("tf.gather(r, j)", sizes={"batch": 2}),
    case("tf.nn.embedding_lookup(k, i)", k="3 units"),
    case("tf.nn.embedding_lookup(k, j)", k="2 units"),
    case("tf.gather_nd(x, [[0, 0], [0, 0]])"),
    case("tf.gather_nd(x, i)", x="2 3 features", i="batch time 2 int32<2"),
    case(
        "tf.gather_nd(x, i, batch_dims=1)",
        x="batch 3 features",
        i="batch time 1 int32<3",
    ),
    case("tf.scatter_nd(i, v, [4])", i="features 1 int32<4"),
    case("tf.scatter_nd(i, x, [units, time, features])", i="batch 1 int32<5"),
    case("tf.tensor_scatter_nd_update(x, [[0]], y)", y="1 time features"),
    *(
        case(
            f"tf.tensor_scatter_nd_{how}(x, i, y)",
            x="4 features",
            i="batch 1 int32<4",
            y="batch features",
        )
        for how in ["add", "sub", "max", "min"]
    ),
    case("tf.boolean_mask(x, b)", b="batch time bool", open=True),
    case("tf.boolean_mask(x, b, axis=1)", b="time bool", open=True),
    case("tf.nn.in_top_k(j, x, 2)", x="batch 4 float32", j="batch int32<4"),
]

_REDUCED = (
    "x",
    "x, axis=-1",
    "x, axis=[0, 2]",
    "x, 1, True",
    "x, axis=1, keepdims=flag",
    "x, axis=axis",
)


def _reductions(names: str, letter: str = "x", **inputs: str) -> list[Case]:
    return [
        case(
            f"tf.{name}({a.replace('x', letter, 1)})",
            open="flag" in a or "axis=axis" in a,
            **inputs,
        )
        for name in names.split()
        for a in _REDUCED
    ]


REDUCTIONS = [
    *_reductions(
        "reduce_sum reduce_mean reduce_max reduce_min reduce_prod reduce_logsumexp"
    ),
    *_reductions("math.reduce_variance math.reduce_std math.reduce_euclidean_norm"),
    *_reductions("reduce_any reduce_all", "b"),
    case("tf.reduce_sum(r, axis=-1)"),
    case("tf.reduce_mean(r, axis=-1, keepdims=True)"),
    case("tf.reduce_sum(n, axis=1)"),
    case("tf.reduce_max(x, axis=(1, 2))"),
    case("tf.math.count_nonzero(tf.floor(x))"),
    case("tf.math.count_nonzero(tf.floor(x), axis=-1)"),
    case("tf.math.count_nonzero(b, axis=[1, 2], keepdims=True, dtype=tf.int32)"),
    *(
        case(f"tf.{name}({a})", open="axis=axis" in a)
        for name in ("argmax", "argmin")
        for a in ("x", "x, axis=-1", "x, 1, tf.int32", "x, axis=axis")
    ),
    case("tf.norm(x)"),
    case("tf.norm(x, axis=-1)"),
    case("tf.norm(x, ord=1, axis=1, keepdims=True)"),
    case("tf.norm(x, 3, -1)"),
    case("tf.norm(x, axis=[1, 2])"),
    case("tf.linalg.normalize(x, axis=-1)"),
    case("tf.linalg.normalize(x, 1, 1)"),
    case("tf.nn.moments(x, axes=[0, 1])"),
    case("tf.nn.moments(x, [1], keepdims=True)"),
    case("tf.nn.moments(x, axes=-1)"),
    case("tf.nn.weighted_moments(x, [1], y)", y="batch time features positive"),
    case(
        "tf.nn.weighted_moments(x, [0, 1], y, keepdims=True)", y="batch time 1 positive"
    ),
    case("tf.nn.l2_loss(x)"),
    case("tf.nn.zero_fraction(tf.nn.relu(x))", tolerance=1e-6),
    case("tf.math.is_non_decreasing(v)"),
    case("tf.math.is_non_decreasing(v)", v="features sorted"),
    case("tf.math.is_strictly_increasing(v)", v="features sorted"),
    case("tf.linalg.global_norm([x, v])"),
    case("tf.clip_by_norm(x, 1.5)"),
    case("tf.clip_by_norm(x, 0.5, axes=[-1])"),
    case("tf.nn.l2_normalize(x)"),
    case("tf.nn.l2_normalize(x, axis=-1)"),
    case("tf.nn.l2_normalize(x, axis=[1, 2], epsilon=0.1)"),
    case("tf.nn.softmax(x)"),
    case("tf.nn.softmax(x, axis=1)"),
    case("tf.nn.softmax(r, axis=axis)", r="batch time ..."),
    case("tf.nn.log_softmax(x)"),
    case("tf.nn.log_softmax(x, axis=-2)"),
    case("tf.nn.batch_normalization(x, v, w, None, None, 1e-3)", w="features positive"),
    case(
        "tf.nn.batch_normalization(x, v, w, v, w, variance_epsilon=0.1)",
        w="features positive",
    ),
    case("tf.nn.lrn(h)", tolerance=1e-5),
    case("tf.nn.lrn(h, 2, 1.5, 0.5, 0.75)", tolerance=1e-5),
]

ORDER = [
    *(
        case(f"tf.{name}({a})")
        for name in ("cumsum", "math.cumprod")
        for a in (
            "x",
            "x, axis=1",
            "x, -1, True",
            "x, axis=1, reverse=True",
            "x, 1, exclusive=True, reverse=True",
        )
    ),
    case("tf.math.cumulative_logsumexp(x)"),
    case("tf.math.cumulative_logsumexp(x, axis=-1)"),
    case("tf.sort(x)"),
    case("tf.sort(x, axis=1, direction='DESCENDING')"),
    case("tf.argsort(x)"),
    case("tf.argsort(n, axis=1, direction='DESCENDING')"),
    case("tf.argsort(n, stable=True)"),
    case("tf.nn.top_k(x)"),
    case("tf.nn.top_k(x, 2)"),
    case("tf.nn.top_k(n, k=size)"),
    case("tf.searchsorted(x, y)", x="batch time features sorted"),
    case("tf.searchsorted(n, m, side='right')", n="2 4 int32<1", m="2 3 int32<3"),
    case("tf.math.bincount(n)", open=True),
    case("tf.math.bincount(n, minlength=12)", open=True),
    case("tf.reverse_sequence(x, j, seq_axis=1)", x="batch 2 features"),
    case(
        "tf.reverse_sequence(x, m, seq_axis=0, batch_axis=1)",
        x="3 time features",
        m="time int32<4",
    ),
]

_IDS = "batch int32<1"
SEGMENTS = [
    *(
        case(f"tf.math.segment_{how}(x, tf.range(batch))", x=shape, open=True)
        for how in ["sum", "mean", "prod", "max", "min"]
        for shape in ("batch time features", "batch")
    ),
    *(
        case(f"tf.math.segment_{how}(x, [0, 0, 2, 2])", x="4 features", open=True)
        for how in ["sum", "mean", "prod", "max", "min"]
    ),
    *(
        case(f"tf.math.unsorted_segment_{how}(x, {ids}, {count})", **inputs)
        for how in ["sum", "mean", "sqrt_n", "prod"]
        for ids, count, inputs in (
            ("j", "3", {}),
            ("i", "units", {}),
            ("j", "2", {"x": "batch"}),
        )
    ),
    *(
        case(f"tf.math.unsorted_segment_{how}(x, [1, 0, 1, 2], 3)", x="4 features")
        for how in ["max", "min"]
    ),
]

LINEAR = [
    case("tf.matmul(x, k)"),
    case("tf.matmul(r, k)"),
    case("tf.matmul(x, y, transpose_b=True)"),
    case("tf.matmul(x, y, transpose_a=True)"),
    case(
        "tf.matmul(x, y, True, True)", x="batch features time", y="batch units features"
    ),
    case("tf.matmul(x, y)", x="batch 2 time features", y="batch 1 features units"),
    case("tf.matmul(x, y, transpose_b=flag)", open=True),
    case("tf.linalg.matvec(x, v)"),
    case("tf.linalg.matvec(x, y)", y="batch features"),
    case("tf.linalg.matvec(x, y, transpose_a=True)", y="batch time"),
    case("tf.tensordot(x, k, 1)"),
    case("tf.tensordot(x, k, axes=[[2], [0]])"),
    case("tf.tensordot(x, y, [[0, 1], [0, 1]])"),
    case("tf.tensordot(r, k, axes=1)"),
    case("tf.tensordot(v, w, 0)", w="time"),
    case("tf.einsum('btf,fu->btu', x, k)"),
    case("tf.einsum('btf,bsf->bts', x, y)", y="batch units features"),
    case("tf.einsum('...f,fu->...u', r, k)"),
    case("tf.einsum('...tf->...ft', x)"),
    case("tf.einsum('btf->f', x)"),
    case("tf.einsum('bt f, b t f -> b t', x, y)"),
    case("tf.einsum('ij,jk', k, m)", m="units 3"),
    case("tf.einsum('b...f,b...f->b...', x, y)"),
]

_SQUARE = "inv det logdet slogdet cholesky eigvalsh expm"
MATRICES = [
    *(case(f"tf.linalg.{name}(spd)", tolerance=1e-8) for name in _SQUARE.split()),
    case("tf.linalg.eigh(spd)"),
    case("tf.linalg.inv(sq)", tolerance=1e-8),
    case("tf.linalg.inv(sq, adjoint=True)"),
    case("tf.linalg.det(sq)", tolerance=1e-8),
    case("tf.linalg.solve(sq, y)", y="batch features units", tolerance=1e-8),
    case("tf.linalg.triangular_solve(sq, y)", y="batch features units", tolerance=1e-8),
    case(
        "tf.linalg.triangular_solve(sq, y, lower=False)",
        y="batch features 1",
        tolerance=1e-8,
    ),
    case(
        "tf.linalg.cholesky_solve(sq, y)", sq="3 3 lower", y="3 units", tolerance=1e-8
    ),
    case(
        "tf.linalg.lstsq(x, y)", x="batch 7 features", y="batch 7 units", tolerance=1e-7
    ),
    case("tf.linalg.pinv(x)", tolerance=1e-8, trials=1),
    case("tf.linalg.pinv(x)", x="batch 7 features", tolerance=1e-8),
    case("tf.linalg.matrix_rank(x)"),
    case("tf.linalg.svd(x, compute_uv=False)", open=True),
    case("tf.linalg.svd(x)", x="batch 3 5"),
    case("tf.linalg.svd(sq, full_matrices=True)"),
    case("tf.linalg.qr(x)", x="batch 5 3"),
    case("tf.linalg.qr(x, full_matrices=True)"),
    case("tf.linalg.diag(x)"),
    case("tf.linalg.diag(v)"),
    case("tf.linalg.diag_part(sq)"),
    case("tf.linalg.diag_part(x)", x="batch 3 5"),
    case("tf.linalg.set_diag(sq, y)", y="batch features"),
    case("tf.linalg.set_diag(x, y)", x="batch 3 5", y="batch 3"),
    case("tf.linalg.tensor_diag(v)"),
    case("tf.linalg.tensor_diag(x)", x="time features"),
    case("tf.linalg.tensor_diag_part(x)", x="features features"),
    case("tf.linalg.tensor_diag_part(x)", x="time 2 time 2"),
    *(
        case(f"tf.linalg.band_part(x, {low}, {up})")
        for low, up in ((-1, 0), (0, -1), (1, 1), (0, 0), ("axis", -1))
    ),
    case("tf.linalg.trace(sq)"),
    case("tf.linalg.trace(x)"),
    case("tf.linalg.cross(x, y)", x="batch time 3", y="batch time 3"),
]

_CLASSES = {"y": "batch time features share"}
NEURAL = [
    case("tf.nn.bias_add(x, v)"),
    case("tf.nn.bias_add(r, v)"),
    case("tf.nn.bias_add(h, v, data_format='NHWC')", v="channels"),
    case("tf.nn.bias_add(h, v, data_format='NCHW')", v="height"),
    *_unary("nn.relu nn.relu6 nn.elu nn.selu nn.softplus nn.softsign nn.silu"),
    case("tf.nn.gelu(x)", tolerance=1e-6),
    case("tf.nn.gelu(x, approximate=True)", tolerance=1e-6),
    case("tf.nn.gelu(x, False)", tolerance=1e-6),
    case("tf.nn.leaky_relu(x)", tolerance=1e-7),
    case("tf.nn.leaky_relu(r, alpha=0.3)", tolerance=1e-7),
    case("tf.nn.silu(x, beta=1.5)"),
    case("tf.nn.crelu(x)"),
    case("tf.nn.crelu(x, axis=1)"),
    case("tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x)", **_CLASSES),
    case("tf.nn.weighted_cross_entropy_with_logits(y, x, 2.0)", **_CLASSES),
    case("tf.nn.softmax_cross_entropy_with_logits(y, x)", **_CLASSES),
    case(
        "tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=x, axis=1)",
        **_CLASSES,
    ),
    case(
        "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i, logits=x)",
        i="batch time int32<2",
    ),
    case(
        "tf.nn.sparse_softmax_cross_entropy_with_logits(j, x[:, 0])", j="batch int32<2"
    ),
]

ACTIVATIONS = [
    *_unary(
        " ".join(
            f"keras.activations.{name}"
            for name in [
                "celu",
                "elu",
                "exponential",
                "hard_shrink",
                "hard_sigmoid",
                "hard_silu",
                "hard_tanh",
                "linear",
                "log_sigmoid",
                "log_softmax",
                "mish",
                "relu",
                "relu6",
                "selu",
                "sigmoid",
                "silu",
                "soft_shrink",
                "softmax",
                "softplus",
                "softsign",
                "sparse_plus",
                "sparse_sigmoid",
                "squareplus",
                "tanh",
                "tanh_shrink",
            ]
        )
    ),
    case("tf.keras.activations.gelu(x)", tolerance=1e-6),
    case("tf.keras.activations.gelu(x, approximate=True)", tolerance=1e-6),
    case("tf.keras.activations.leaky_relu(x)", tolerance=1e-7),
    case("tf.keras.activations.glu(x)"),
    case("tf.keras.activations.glu(x, axis=1)", x="batch 4 features"),
    case("tf.keras.activations.softmax(x, axis=1)"),
]

_IMAGE = {"k": "3 2 channels units"}
_LINE = {"x": "batch 9 features", "k": "3 features units"}
_VOLUME = {"x": "batch 4 5 3 2", "k": "2 2 1 2 units"}
WINDOWS = [
    *(
        case(f"tf.nn.conv1d(x, k, {a})", **_LINE)
        for a in ("1, 'VALID'", "2, 'SAME'", "stride=[3], padding='VALID'")
    ),
    case("tf.nn.conv1d(x, k, 1, 'SAME', dilations=2)", **_LINE),
    case("tf.nn.conv1d(x, k, size, 'VALID')", **_LINE),
    case("tf.nn.conv1d(x, k, 1, 'SAME')", k="3 features units"),
    *(
        case(f"tf.nn.conv2d(h, k, {a})", **_IMAGE)
        for a in (
            "1, 'SAME'",
            "2, 'VALID'",
            "strides=[1, 2, 1, 1], padding='SAME'",
            "[2, 1], 'VALID'",
            "1, [[0, 0], [1, 2], [0, 1], [0, 0]]",
            "strides=size, padding='SAME'",
        )
    ),
    case("tf.nn.conv2d(h, k, 1, 'VALID', dilations=[2, 1])", k="2 2 channels units"),
    case("tf.nn.conv2d(h, k, 1, 'SAME')", h="batch height width 6", k="3 3 2 9"),
    *(
        case(f"tf.nn.conv3d(x, k, {a})", **_VOLUME)
        for a in ("[1, 1, 1, 1, 1], 'SAME'", "[1, 1, 2, 1, 1], 'VALID'")
    ),
    case("tf.nn.convolution(x, k)", **_LINE),
    case("tf.nn.convolution(h, k, 2, 'SAME')", **_IMAGE),
    case(
        "tf.nn.convolution(h, k, padding='VALID', dilations=2)", k="2 2 channels units"
    ),
    case("tf.nn.atrous_conv2d(h, k, 2, 'SAME')", k="2 2 channels units"),
    case("tf.nn.atrous_conv2d(h, k, rate=1, padding='VALID')", k="2 2 channels units"),
    case("tf.nn.depthwise_conv2d(h, k, [1, 1, 1, 1], 'SAME')", k="3 3 channels 2"),
    case(
        "tf.nn.depthwise_conv2d(h, k, strides=[1, 2, 2, 1], padding='VALID')",
        k="3 2 channels 1",
    ),
    case(
        "tf.nn.depthwise_conv2d(h, k, [1, 1, 1, 1], 'SAME', dilations=[2, 2])",
        k="3 3 channels 1",
    ),
    case(
        "tf.nn.separable_conv2d(h, k, m, [1, 1, 1, 1], 'SAME')",
        k="3 3 channels 2",
        m="1 1 8 units",
        sizes={"channels": 4},
    ),
    *(
        case(
            f"tf.nn.conv1d_transpose(x, k, [batch, {n}, units], {a})",
            x="batch 4 features",
            k="3 units features",
        )
        for n, a in (("8", "2"), ("9", "2, padding='VALID'"), ("4", "1"), ("11", "3"))
    ),
    *(
        case(
            f"tf.nn.conv2d_transpose(h, k, [batch, 2 * height, {n} * width, units], {a})",
            k="3 2 units channels",
        )
        for n, a in (
            ("2", "2"),
            ("2", "[2, 2]"),
            ("1", "strides=[1, 2, 1, 1], padding='SAME'"),
        )
    ),
    case(
        "tf.nn.conv3d_transpose(x, k, [batch, 8, 10, 3, units], [1, 2, 2, 1, 1])",
        x="batch 4 5 3 2",
        k="2 2 1 units 2",
    ),
    *(
        case(f"tf.nn.{how}_pool{a}")
        for how in ("max", "avg")
        for a in (
            "2d(h, 2, 2, 'VALID')",
            "2d(h, ksize=[3, 2], strides=[2, 1], padding='SAME')",
            "2d(h, [1, 2, 2, 1], [1, 1, 1, 1], 'SAME')",
            "(h, 2, 2, 'SAME')",
        )
    ),
    case("tf.nn.max_pool(x, 2, 1, 'VALID')", x="batch 5 features"),
    case("tf.nn.avg_pool(x, 3, 2, 'SAME')", x="batch 5 features"),
    case("tf.nn.max_pool1d(x, 2, 2, 'VALID')", x="batch 5 features"),
    case(
        "tf.nn.avg_pool1d(x, ksize=3, strides=1, padding='SAME')", x="batch 5 features"
    ),
    case("tf.nn.max_pool2d(h, 3, 1, [[0, 0], [1, 1], [1, 1], [0, 0]])"),
    case("tf.nn.max_pool3d(x, 2, 1, 'VALID')", x="batch 4 5 3 2"),
    case(
        "tf.nn.avg_pool3d(x, [1, 2, 2, 1, 1], 2, 'SAME')",
        x="batch 4 5 3 2",
        tolerance=1e-5,
    ),
]

SIGNAL = [
    *(
        case(f"tf.signal.{name}(q)")
        for name in ["fft", "ifft", "fft2d", "ifft2d", "fft3d", "ifft3d"]
    ),
    case("tf.signal.rfft(x)"),
    case("tf.signal.rfft(x, [8])"),
    case("tf.signal.rfft(x, fft_length=[5])", x="batch 3"),
    case("tf.signal.irfft(q)"),
    case("tf.signal.irfft(q, fft_length=[5])", q="batch 3 complex"),
    case("tf.signal.irfft(q, fft_length=[2 * features - 1])"),
    case("tf.signal.rfft2d(x)"),
    case("tf.signal.rfft2d(x, [4, 4])", x="batch 3 4"),
    case("tf.signal.rfft3d(x)"),
    case("tf.signal.irfft2d(q)"),
    case("tf.signal.irfft2d(q, [2, 5])", q="batch 2 3 complex"),
    case("tf.signal.irfft3d(q)"),
    case("tf.signal.fftshift(x)"),
    case("tf.signal.fftshift(x, axes=[1])"),
    case("tf.signal.ifftshift(x, axes=[-1])"),
    case("tf.signal.frame(x, 3, 2)", x="batch 9"),
    case("tf.signal.frame(x, 3, 1, axis=1)", x="batch 9 features"),
    case("tf.signal.frame(x, 4, 3, pad_end=True, pad_value=0.5)", x="batch 9"),
    case("tf.signal.frame(x, units, size)", x="batch 9"),
    case("tf.signal.stft(x, 4, 2)", x="batch 16", tolerance=1e-6),
    case(
        "tf.signal.stft(x, frame_length=5, frame_step=3, fft_length=8, window_fn=None)",
        x="batch 16",
    ),
    case("tf.signal.stft(x, 6, 2, pad_end=True)", x="batch 16", tolerance=1e-6),
    case("tf.signal.overlap_and_add(x, 2)", x="batch 4 5"),
    case("tf.signal.overlap_and_add(x, frame_step=3)", x="batch time 3"),
    case("tf.signal.dct(x)", tolerance=1e-6),
    case("tf.signal.dct(x, n=3)", x="batch 5", tolerance=1e-6),
]

IMAGES = [
    case("tf.image.resize(h, [8, 9])", tolerance=1e-5),
    case("tf.image.resize(h, (3, 2), method='nearest')"),
    case("tf.image.resize(h, [2 * height, 2 * width], 'bilinear')", tolerance=1e-5),
    case("tf.image.resize(h, tf.shape(h)[1:3] * 2)", open=True, tolerance=1e-5),
    case("tf.image.resize(h, [8, 8], 'bicubic')"),
    case("tf.image.flip_left_right(h)"),
    case("tf.image.flip_up_down(h)"),
    case("tf.image.transpose(h)"),
    case("tf.image.rot90(h)"),
    case("tf.image.rot90(h, 2)"),
    case("tf.image.rot90(h, k=3)"),
    case("tf.image.rgb_to_grayscale(h)", h="batch height width 3", tolerance=1e-6),
    case("tf.image.grayscale_to_rgb(h)", h="batch height width 1"),
    case("tf.image.per_image_standardization(h)", tolerance=1e-5),
    case("tf.image.total_variation(h)"),
    case("tf.image.image_gradients(h)"),
    case("tf.image.crop_to_bounding_box(h, 1, 0, 2, 3)"),
    case("tf.image.pad_to_bounding_box(h, 1, 2, 10, 12)"),
    case(
        "tf.image.extract_patches(h, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'VALID')"
    ),
    case(
        "tf.image.extract_patches(h, sizes=[1, 3, 2, 1], strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding='SAME')"
    ),
]

RANDOM = [
    case("tf.nn.dropout(x, 0.5)"),
    case("tf.nn.dropout(x, rate=rate)"),
    case("tf.random.normal([batch, 3])", x="batch"),
    case("tf.random.normal(tf.shape(x), mean=1.0, stddev=0.5)"),
    case("tf.random.normal(tf.shape(x), dtype=tf.float32)"),
    case("tf.random.truncated_normal([units, 2], 0.5, 2.0)"),
    case("tf.random.uniform(tf.shape(x))"),
    case("tf.random.uniform([batch], -1.0, 1.0)", x="batch"),
    case("tf.random.uniform([4, 5], maxval=7, dtype=tf.int32)"),
    case("tf.random.uniform(tf.shape(x), 2, 9, tf.int32)"),
    case("tf.random.gamma([4, 5], 2.0)"),
    case("tf.random.categorical(x, 5)", x="batch features"),
    case("tf.random.categorical(x, units, dtype=tf.int32)", x="batch features"),
    case("tf.random.shuffle(x)"),
]
STATELESS = [
    case("tf.random.stateless_normal([batch, 3], seed=[1, 2])", x="batch"),
    case("tf.random.stateless_truncated_normal(tf.shape(x), [1, 2], 0.5, 2.0)"),
    case("tf.random.stateless_uniform([4], [3, 4], minval=1.0, maxval=2.0)"),
    case("tf.random.stateless_categorical(x, 5, [1, 2])", x="batch features"),
]

CASES: list[Case] = [
    *ELEMENTWISE,
    *CHOOSING,
    *CREATION,
    *ARRAYS,
    *SIZING,
    *JOINING,
    *PICKING,
    *REDUCTIONS,
    *ORDER,
    *SEGMENTS,
    *LINEAR,
    *MATRICES,
    *NEURAL,
    *ACTIVATIONS,
    *WINDOWS,
    *SIGNAL,
    *IMAGES,
]
