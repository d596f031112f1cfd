# benchmarks/peers/jax_expert.py: the workloads as an expert writes them in JAX: Taylor recurrences by hand for these networks, batches
# cut into blocks that stay in the cache, gradients added up block by block, and the block sizes found by a search.
import jax
import jax.numpy as jnp
from jax import lax

from jax_natural import compiled_call, masks, masked, named_orders


def tanh_jet(z):
    """Taylor coefficients of tanh(z) from those of z; None is zero. u' = (1 - u^2) z'."""
    u = [jnp.tanh(z[0])]
    w = [1 - u[0] * u[0]]
    for j in range(1, len(z)):
        terms = [(i / j) * z[i] * w[j - i] for i in range(1, j + 1) if z[i] is not None]
        u.append(sum(terms[1:], terms[0]))
        if j + 1 < len(z):
            twice = [u[i] * u[j - i] for i in range((j + 1) // 2)]
            square = 2 * sum(twice[1:], twice[0])
            w.append(-(square + u[j // 2] * u[j // 2] if j % 2 == 0 else square))
    return u


def layers_of(p, prefix):
    n = 0
    while f"{prefix}.{n}.weight" in p:
        n += 1
    return [(p[f"{prefix}.{i}.weight"], p[f"{prefix}.{i}.bias"]) for i in range(n)]


def transformer_jet(layers, first, k):
    """Taylor coefficients by x_i of a transformer: `first` is the first layer before tanh, rows x units; x_i is its first operand."""
    slope = layers[0][0][:, 0]
    u = tanh_jet([first] + [jnp.broadcast_to(slope, first.shape)] * (k >= 1) + [None] * (k - 1))
    for w, b in layers[1:-1]:
        z = [a @ w.T for a in u]
        z[0] = z[0] + b
        u = tanh_jet(z)
    w, b = layers[-1]
    y = [a @ w[0] for a in u]
    y[0] = y[0] + b
    return y


def derivatives(coefficients):
    """Taylor coefficients times k!."""
    factorial = [1, 1, 2, 6, 24, 120, 720]
    return [c if j < 2 else factorial[j] * c for j, c in enumerate(coefficients)]


def stream(p, prefix, x):
    for w, b in layers_of(p, prefix):
        x = jnp.tanh(x @ w.T + b)
    return x


def hollow_jet(p, net, x, t, k, inner):
    """Taylor coefficients (samples, d) of a HollowNet for one block of samples; the transformer in chunks of `inner` rows (0: all)."""
    seen = x if t is None else jnp.concatenate([x, t[:, None]], 1)
    left, right = (stream(p, f"{net}.conditioner.{side}", seen) for side in ("left", "right"))
    r = f"{net}.conditioner.readout"
    left_w, right_w, bias = p[f"{r}.left.weight"], p[f"{r}.right.weight"], p[f"{r}.bias"]
    d, width, _ = left_w.shape
    h = jnp.tanh(left @ left_w.reshape(d * width, -1).T + right @ right_w.reshape(d * width, -1).T + bias.reshape(-1))
    layers = layers_of(p, f"{net}.transformer")
    w, b = layers[0]
    own = 1 if t is None else 2
    rows = len(x) * d

    def of_rows(h, x, t=None):
        first = h @ w[:, own:].T + x[:, None] * w[:, 0] + b
        return transformer_jet(layers, first if t is None else first + t[:, None] * w[:, 1], k)

    operands = [h.reshape(rows, width), x.reshape(rows)] + ([] if t is None else [jnp.repeat(t, d)])
    if inner and inner < rows and rows % inner == 0:
        chunked = [o.reshape(rows // inner, inner, *o.shape[1:]) for o in operands]
        y = lax.map(lambda o: of_rows(*o), tuple(chunked))
    else:
        y = of_rows(*operands)
    return [a.reshape(len(x), d) for a in y]


def density_derivatives(p, x, t):
    """d/dt, D^1 and D^2 of the log density of workload W4, by hand: those of each component, weighted by responsibilities."""
    mean = p["density.mean"].T + p["density.mean_rate"].T * t[:, None, None]  # samples, components, d
    log_deviation = p["density.log_deviation"].T + p["density.log_deviation_rate"].T * t[:, None, None]
    inverse = jnp.exp(-log_deviation)
    z = (x[:, None, :] - mean) * inverse
    logs = p["density.log_weights"] + jnp.sum(-0.5 * z * z - log_deviation, 2)
    share = jax.nn.softmax(logs, 1)
    slope = -z * inverse  # of each component's log density
    by_time = jnp.sum(z * (z * p["density.log_deviation_rate"].T + inverse * p["density.mean_rate"].T) - p["density.log_deviation_rate"].T, 2)
    first = jnp.einsum("sk,ski->si", share, slope)
    second = jnp.einsum("sk,ski->si", share, slope * slope - inverse * inverse) - first * first
    return jnp.sum(share * by_time, 1), first, second


def residual(p, x, t, inner):
    f, df = hollow_jet(p, "drift", x, t, 1, inner)
    n, dn, half_ddn = hollow_jet(p, "noise", x, t, 2, inner)
    g, s = jax.nn.softplus(n), jax.nn.sigmoid(n)
    dg = s * dn
    ddg = s * (2 * half_ddn + (1 - s) * dn * dn)
    l_t, dl, ddl = density_derivatives(p, x, t)
    return l_t - jnp.sum(-df - f * dl + dg * dg + g * ddg + 2 * g * dg * dl + 0.5 * g * g * (ddl + dl * dl), 1)


def in_blocks(x, block):
    return jax.tree.map(lambda a: a.reshape(len(a) // block, block, *a.shape[1:]), x)


def over_blocks(of_block, p, x, block):
    """{name: array} of all samples."""
    n = len(next(iter(x.values())))
    if block >= n:
        return of_block(p, x)
    values = lax.map(lambda part: of_block(p, part), in_blocks(x, block))
    return jax.tree.map(lambda a: a.reshape(n, *a.shape[2:]), values)


def gradient_over_blocks(loss_sum, p, x, block):
    """Mean loss and its gradient, added up block by block."""
    n = len(next(iter(x.values())))
    both = jax.value_and_grad(loss_sum)
    if block >= n:
        total = both(p, x)
    else:
        def add(sums, part):
            return jax.tree.map(jnp.add, sums, both(p, part)), None

        start = jax.tree.map(jnp.zeros_like, jax.eval_shape(both, p, x))
        start = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), start)
        total, _ = lax.scan(add, start, in_blocks(x, block))
    return jax.tree.map(lambda a: a / n, total)


def candidates(job):
    """Block sizes worth trying: (samples, rows of an inner chunk)."""
    sizes = [b for b in (64, 128, 256, 512, 1024, 2048, 4096) if b < job.samples and job.samples % b == 0] + [job.samples]
    if job.workload in ("W1", "W2", "W7"):
        return [(b, 0) for b in sizes[-6:] if b >= min(128, job.samples)]
    found = []
    for b in [s for s in (8, 16, 32, 64, 128, 256, 512, 1024) if s <= job.samples and job.samples % s == 0] or [job.samples]:
        rows = b * job.d
        if rows > 65536 or rows < min(256, job.samples * job.d):
            continue
        found += [(b, 0)] * (rows <= 16384) + [(b, 1024)] * (rows > 1024) * (rows % 1024 == 0)
    return found or [(job.samples, 0)]


def call(job, parameters, inputs):
    k, allowed = job.k, masks(parameters)

    def make(choice):
        block, inner = choice
        loss = None
        if job.workload in ("W1", "W2", "W7"):
            def rows(p, x, k=k):
                layers = layers_of(p, "tau")
                w, b = layers[0]
                joined = jnp.concatenate([x["state"], x["features"]], 1)
                return derivatives(transformer_jet(layers, joined @ w.T + b, k))

            def of_block(p, x):
                return named_orders(v[:, None] for v in rows(p, x))

            def loss(p, x):
                f, df, ddf = rows(p, x, 2)
                return jnp.sum(0.5 * (f + df + ddf) ** 2)
        elif job.workload in ("W3", "W7b"):
            def of_block(p, x):
                return named_orders(derivatives(hollow_jet(p, "net", x["state"], None, k, inner)))
        elif job.workload == "W4":
            def of_block(p, x):
                return {"residual": residual(p, x["state"], x["time"], inner)}

            def loss(p, x):
                return jnp.sum(of_block(p, x)["residual"] ** 2)
        else:
            raise SystemExit(f"jax_expert has no form of {job.workload}")

        def loss_and_gradient(p, x):
            value, gradient = gradient_over_blocks(loss, p, x, block)
            return value, masked(gradient, allowed)

        return compiled_call(job, parameters, inputs, lambda p, x: over_blocks(of_block, p, x, block), loss_and_gradient)

    return job.best_of(candidates(job), make)
