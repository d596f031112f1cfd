# benchmarks/peers/torch_natural.py: the workloads as PyTorch's documentation teaches to write them: functions of one row or sample,
# torch.func's nested jvp and grad for derivatives, vmap over the batch.
import torch
from torch.func import grad, grad_and_value, jvp, vmap


def mlp(p, prefix, x):
    n = 0
    while f"{prefix}.{n + 1}.weight" in p:
        x = torch.tanh(p[f"{prefix}.{n}.weight"] @ x + p[f"{prefix}.{n}.bias"])
        n += 1
    return (p[f"{prefix}.{n}.weight"] @ x + p[f"{prefix}.{n}.bias"])[0]


def orders(f, k):
    """x -> (f(x), f'(x), ..., f^(k)(x))."""
    if k == 0:
        return lambda x: (f(x),)
    lower = orders(f, k - 1)

    def all_orders(x):
        values, slopes = jvp(lower, (x,), (torch.ones_like(x),))
        return (*values, slopes[-1])

    return all_orders


def stream(p, prefix, x):
    n = 0
    while f"{prefix}.{n}.weight" in p:
        x = torch.tanh(p[f"{prefix}.{n}.weight"] @ x + p[f"{prefix}.{n}.bias"])
        n += 1
    return x


def hollow_orders(p, net, x, t, k, after=lambda f: f):
    """(f_i, D^1 f_i, ..., D^k f_i) for all i of one sample, of after(HollowNet); features are constant under D."""
    left, right = (stream(p, f"{net}.conditioner.{side}", torch.cat([x, t])) for side in ("left", "right"))
    r = f"{net}.conditioner.readout"
    h = torch.tanh(p[f"{r}.left.weight"] @ left + p[f"{r}.right.weight"] @ right + p[f"{r}.bias"])

    def of_dimension(x_i, h_i):
        return orders(lambda s: after(mlp(p, f"{net}.transformer", torch.cat([s[None], t, h_i]))), k)(x_i)

    return vmap(of_dimension)(x, h)


def log_density(p, x, t):
    mean = p["density.mean"] + p["density.mean_rate"] * t
    log_deviation = p["density.log_deviation"] + p["density.log_deviation_rate"] * t
    z = (x[:, None] - mean) * torch.exp(-log_deviation)
    half_log_two_pi = 0.9189385332046727
    parts = torch.log_softmax(p["density.log_weights"], 0) + torch.sum(-0.5 * z**2 - log_deviation - half_log_two_pi, 0)
    return torch.logsumexp(parts, 0)


def residual(p, x, t):
    """r of workload W4 for one sample."""
    f, df = hollow_orders(p, "drift", x, t[None], 1)
    big_g, dg, ddg = hollow_orders(p, "noise", x, t[None], 2, lambda n: torch.nn.functional.softplus(n) ** 2)
    l_t = grad(log_density, 2)(p, x, t)
    gradient = grad(log_density, 1)
    dl = gradient(p, x, t)
    basis = torch.eye(len(x), dtype=x.dtype)
    ddl = vmap(lambda e: (jvp(lambda y: gradient(p, y, t), (x,), (e,))[1] * e).sum())(basis)
    return l_t - torch.sum(-df - f * dl + 0.5 * ddg + dg * dl + 0.5 * big_g * (ddl + dl**2))


def masks(parameters):
    """1 where a tensor may move: a masked one is zero elsewhere."""
    named = ("conditioner.left.", "conditioner.right.", "readout.left.weight", "readout.right.weight")
    return {n: (a != 0).to(a.dtype) for n, a in parameters.items() if any(part in n for part in named) and n.endswith("weight")}


def masked(gradient, allowed):
    return {f"gradient/{n}": g * allowed[n] if n in allowed else g for n, g in gradient.items()}


def named_orders(values):
    return {"f" if j == 0 else f"D{j}": v for j, v in enumerate(values)}


def call(job, p, x):
    allowed = masks(p)
    if job.workload in ("W1", "W2"):
        def rows(p, k=job.k):
            of_row = lambda x, h: orders(lambda s: mlp(p, "tau", torch.cat([s[None], h])), k)(x)
            return vmap(of_row)(x["state"][:, 0], x["features"])

        def loss(p):
            f, df, ddf = rows(p, 2)
            return torch.mean(0.5 * (f + df + ddf) ** 2)

        values = lambda p: named_orders(v[:, None] for v in rows(p))
    elif job.workload == "W4":
        values = lambda p: {"residual": vmap(lambda x, t: residual(p, x, t))(x["state"], x["time"])}
        loss = lambda p: torch.mean(values(p)["residual"] ** 2)
    else:
        raise SystemExit(f"torch_natural has no form of {job.workload}")
    if job.variant == "gradient":
        both = grad_and_value(loss)
        return lambda: masked(both(p)[0], allowed)

    def evaluate():
        with torch.no_grad():
            return values(p)

    return evaluate
