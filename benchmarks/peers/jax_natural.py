# benchmarks/peers/jax_natural.py: the workloads as JAX's documentation teaches to write them: functions of one row or sample, nested
# jvp and grad for derivatives, vmap over the batch, jit over all. Features of a HollowNet are constant under D.
import jax
import jax.numpy as jnp


def mlp(p, prefix, x):
    n = 0
    while f"{prefix}.{n + 1}.weight" in p:
        x = jnp.tanh(p[f"{prefix}.{n}.weight"] @ x + p[f"{prefix}.{n}.bias"])
        n += 1
    return (p[f"{prefix}.{n}.weight"] @ x + p[f"{prefix}.{n}.bias"])[0]


def orders(f, k):
    """x -> (f(x), f'(x), ..., f^(k)(x))."""
    if k == 0:
        return lambda x: (f(x),)
    lower = orders(f, k - 1)

    def all_orders(x):
        values, slopes = jax.jvp(lower, (x,), (jnp.ones_like(x),))
        return (*values, slopes[-1])

    return all_orders


def stream(p, prefix, x):
    n = 0
    while f"{prefix}.{n}.weight" in p:
        x = jnp.tanh(p[f"{prefix}.{n}.weight"] @ x + p[f"{prefix}.{n}.bias"])
        n += 1
    return x


def conditioner(p, net, x):
    """Features (d, d_h) of one sample."""
    left, right = (stream(p, f"{net}.conditioner.{side}", x) for side in ("left", "right"))
    r = f"{net}.conditioner.readout"
    return jnp.tanh(p[f"{r}.left.weight"] @ left + p[f"{r}.right.weight"] @ right + p[f"{r}.bias"])


def hollow_orders(p, net, x, context, k, after=lambda f: f):
    """(f_i, D^1 f_i, ..., D^k f_i) for all i of one sample, of after(HollowNet)."""
    h = conditioner(p, net, jnp.concatenate([x, context]))

    def of_dimension(x_i, h_i):
        return orders(lambda s: after(mlp(p, f"{net}.transformer", jnp.concatenate([s[None], context, h_i]))), k)(x_i)

    return jax.vmap(of_dimension)(x, h)


def log_density(p, x, t):
    mean = p["density.mean"] + p["density.mean_rate"] * t
    log_deviation = p["density.log_deviation"] + p["density.log_deviation_rate"] * t
    z = (x[:, None] - mean) * jnp.exp(-log_deviation)
    parts = jax.nn.log_softmax(p["density.log_weights"]) + jnp.sum(-0.5 * z**2 - log_deviation - 0.5 * jnp.log(2 * jnp.pi), 0)
    return jax.nn.logsumexp(parts)


def residual(p, x, t):
    """r of workload W4 for one sample."""
    f, df = hollow_orders(p, "drift", x, t[None], 1)
    big_g, dg, ddg = hollow_orders(p, "noise", x, t[None], 2, lambda n: jax.nn.softplus(n) ** 2)
    l_t = jax.grad(log_density, 2)(p, x, t)
    gradient = jax.grad(log_density, 1)
    dl = gradient(p, x, t)
    ddl = jax.vmap(lambda e, i: jax.jvp(lambda y: gradient(p, y, t), (x,), (e,))[1][i])(jnp.eye(x.size, dtype=x.dtype), jnp.arange(x.size))
    return l_t - jnp.sum(-df - f * dl + 0.5 * ddg + dg * dl + 0.5 * big_g * (ddl + dl**2))


def field_with_rate(p, x, t, how, direction):
    """dx/dt of workload W5 and the rate of the log density, for one sample."""
    context = t[None]
    if how == "exact":
        f, df = hollow_orders(p, "drift", x, context, 1)
        return f, -jnp.sum(df)
    field = lambda y: hollow_orders(p, "drift", y, context, 0)[0]
    if how == "hutchinson":
        f, product = jax.jvp(field, (x,), (direction,))
        return f, -jnp.vdot(direction, product)
    if how == "full":
        return field(x), -jnp.trace(jax.jacfwd(field)(x))
    return field(x), jnp.zeros((), x.dtype)


def flow_loss(p, x, direction, how, steps=32):
    """sum_i x_i(1)^2 / 2 plus the change of log density of one sample: classic RK4 on [0, 1]."""
    size = jnp.asarray(1 / steps, x.dtype)
    rate = lambda x, t: field_with_rate(p, x, t, how, direction)

    def step(at, n):
        x, change = at
        t = n * size
        k1, r1 = rate(x, t)
        k2, r2 = rate(x + size / 2 * k1, t + size / 2)
        k3, r3 = rate(x + size / 2 * k2, t + size / 2)
        k4, r4 = rate(x + size * k3, t + size)
        return (x + size / 6 * (k1 + 2 * k2 + 2 * k3 + k4), change + size / 6 * (r1 + 2 * r2 + 2 * r3 + r4)), None

    (x, change), _ = jax.lax.scan(step, (x, jnp.zeros((), x.dtype)), jnp.arange(steps, dtype=x.dtype))
    return jnp.sum(x**2) / 2 + change


def adam(p, gradient, state, rate=1e-3, b1=0.9, b2=0.999, small=1e-8):
    """Kingma & Ba, 2015, algorithm 1."""
    n, m, v = state
    n = n + 1
    m = jax.tree.map(lambda a, g: b1 * a + (1 - b1) * g, m, gradient)
    v = jax.tree.map(lambda a, g: b2 * a + (1 - b2) * g * g, v, gradient)
    scale = rate / (1 - b1**n)
    p = jax.tree.map(lambda w, a, b: w - scale * a / (jnp.sqrt(b / (1 - b2**n)) + small), p, m, v)
    return p, (n, m, v)


def masks(parameters):
    """1 where a tensor may move: a masked one is zero elsewhere."""
    named = ("conditioner.left.", "conditioner.right.", "readout.left.weight", "readout.right.weight")
    return {n: (a != 0).astype(a.dtype) for n, a in parameters.items() if any(part in n for part in named) and n.endswith("weight")}


def masked(gradient, allowed):
    return {n: g * allowed[n] if n in allowed else g for n, g in gradient.items()}


def named_orders(values):
    return {"f" if j == 0 else f"D{j}": v for j, v in enumerate(values)}


def with_adam(loss_and_gradient, p, x):
    """A call that makes one step after another, and returns the parameters after the first one."""
    zeros = lambda: jax.tree.map(jnp.zeros_like, p)
    step = jax.jit(lambda p, state, x: adam(p, loss_and_gradient(p, x)[1], state), donate_argnums=(0, 1))
    now = [jax.tree.map(jnp.copy, p), (jnp.zeros((), next(iter(p.values())).dtype), zeros(), zeros()), None]

    def call():
        now[0], now[1] = step(now[0], now[1], x)
        jax.block_until_ready(now[0])
        if now[2] is None:
            now[2] = {f"parameters/{n}": jnp.copy(a) for n, a in now[0].items()}
        return now[2]

    return call


def compiled_call(job, p, x, values, loss_and_gradient):
    """values(p, x): {name: array}; loss_and_gradient(p, x): (loss, {tensor: array})."""
    if job.variant == "adam_step":
        return with_adam(loss_and_gradient, p, x)
    if "gradient" in job.variant:
        compiled = jax.jit(loss_and_gradient)
        return lambda: {f"gradient/{n}": g for n, g in jax.block_until_ready(compiled(p, x))[1].items()}
    compiled = jax.jit(values)
    return lambda: jax.block_until_ready(compiled(p, x))


def call(job, parameters, inputs):
    k, allowed = job.k, masks(parameters)
    if job.workload in ("W1", "W2", "W7"):
        def rows(p, x, k=k):
            return jax.vmap(lambda x, h: orders(lambda s: mlp(p, "tau", jnp.concatenate([s[None], h])), k)(x))(x["state"][:, 0], x["features"])

        def values(p, x):
            return named_orders(v[:, None] for v in rows(p, x))

        def loss(p, x):
            f, df, ddf = rows(p, x, 2)
            return jnp.mean(0.5 * (f + df + ddf) ** 2)
    elif job.workload in ("W3", "W7b"):
        def values(p, x):
            return named_orders(jax.vmap(lambda x: hollow_orders(p, "net", x, jnp.zeros(0, x.dtype), k))(x["state"]))

        loss = None
    elif job.workload == "W4":
        def values(p, x):
            return {"residual": jax.vmap(residual, (None, 0, 0))(p, x["state"], x["time"])}

        def loss(p, x):
            return jnp.mean(values(p, x)["residual"] ** 2)
    elif job.workload == "W5":
        how = job.variant.split()[-1]
        values = None

        def loss(p, x):
            return jnp.mean(jax.vmap(lambda x, e: flow_loss(p, x, e, how))(x["state"], x["direction"]))
    else:
        raise SystemExit(f"jax_natural has no form of {job.workload}")

    def loss_and_gradient(p, x):
        value, gradient = jax.value_and_grad(loss)(p, x)
        return value, masked(gradient, allowed)

    return compiled_call(job, parameters, inputs, values, loss_and_gradient)
