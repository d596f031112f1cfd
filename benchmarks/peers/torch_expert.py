# benchmarks/peers/torch_expert.py: the forms of jax_expert.py in PyTorch: Taylor recurrences by hand, compiled by torch.compile for one
# block of a batch; block sizes are found by a search.
import torch

from torch_natural import masked, masks, named_orders


def tanh_jet(z):
    """Taylor coefficients of tanh(z) from those of z; None is zero. u' = (1 - u^2) z'."""
    u = [torch.tanh(z[0])]
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
    u = tanh_jet([first] + [layers[0][0][:, 0]] * (k >= 1) + [None] * (k - 1))
    for w, b in layers[1:-1]:
        u = tanh_jet([a @ w.T + b if j == 0 else a @ w.T for j, a in enumerate(u)])
    w, b = layers[-1]
    return [a @ w[0] + b if j == 0 else a @ w[0] for j, a in enumerate(u)]


def derivatives(coefficients):
    factorial = [1, 1, 2, 6, 24, 120, 720]
    return [c if j < 2 else factorial[j] * c for j, c in enumerate(coefficients)]


def stream(p, prefix, x):
    for w, b in layers_of(p, prefix):
        x = torch.tanh(x @ w.T + b)
    return x


def hollow_jet(p, net, x, t, k):
    seen = torch.cat([x, t[:, None]], 1)
    left, right = (stream(p, f"{net}.conditioner.{side}", seen) for side in ("left", "right"))
    r = f"{net}.conditioner.readout"
    left_w, right_w, bias = p[f"{r}.left.weight"], p[f"{r}.right.weight"], p[f"{r}.bias"]
    d, width, units = left_w.shape
    h = torch.tanh(left @ left_w.reshape(-1, units).T + right @ right_w.reshape(-1, units).T + bias.reshape(-1))
    layers = layers_of(p, f"{net}.transformer")
    w, b = layers[0]
    first = h.reshape(-1, width) @ w[:, 2:].T
    first = (first.reshape(len(x), d, -1) + x[:, :, None] * w[:, 0] + (t[:, None] * w[:, 1] + b)[:, None, :]).reshape(len(first), -1)
    return [a.reshape(len(x), d) for a in transformer_jet(layers, first, k)]


def density_derivatives(p, x, t):
    mean = p["density.mean"].T + p["density.mean_rate"].T * t[:, None, None]
    log_deviation = p["density.log_deviation"].T + p["density.log_deviation_rate"].T * t[:, None, None]
    inverse = torch.exp(-log_deviation)
    z = (x[:, None, :] - mean) * inverse
    logs = p["density.log_weights"] + torch.sum(-0.5 * z * z - log_deviation, 2)
    share = torch.softmax(logs, 1)
    slope = -z * inverse
    by_time = torch.sum(z * (z * p["density.log_deviation_rate"].T + inverse * p["density.mean_rate"].T) - p["density.log_deviation_rate"].T, 2)
    first = torch.sum(share[:, :, None] * slope, 1)
    second = torch.sum(share[:, :, None] * (slope * slope - inverse * inverse), 1) - first * first
    return torch.sum(share * by_time, 1), first, second


def residual(p, x, t):
    f, df = hollow_jet(p, "drift", x, t, 1)
    n, dn, half_ddn = hollow_jet(p, "noise", x, t, 2)
    g, s = torch.nn.functional.softplus(n), torch.sigmoid(n)
    dg = s * dn
    ddg = s * (2 * half_ddn + (1 - s) * dn * dn)
    l_t, dl, ddl = density_derivatives(p, x, t)
    return l_t - torch.sum(-df - f * dl + dg * dg + g * ddg + 2 * g * dg * dl + 0.5 * g * g * (ddl + dl * dl), 1)


def candidates(job):
    if job.workload in ("W1", "W2"):
        wanted = (256, 512, 1024, 2048, 4096)
    else:
        wanted = (64, 128, 256, 512) if job.d <= 16 else (16, 32, 64, 128)
    return [(b, 0) for b in wanted if b <= job.samples and job.samples % b == 0]


def call(job, p, x):
    allowed, names = masks(p), list(p)

    if job.workload in ("W1", "W2"):
        def of_block(p, x, k=job.k):
            layers = layers_of(p, "tau")
            first = torch.cat([x["state"], x["features"]], 1) @ layers[0][0].T + layers[0][1]
            return derivatives(transformer_jet(layers, first, k))

        def loss(p, x):
            f, df, ddf = of_block(p, x, 2)
            return torch.sum(0.5 * (f + df + ddf) ** 2)
    elif job.workload == "W4":
        def of_block(p, x):
            return [residual(p, x["state"], x["time"])]

        def loss(p, x):
            return torch.sum(of_block(p, x)[0] ** 2)
    else:
        raise SystemExit(f"torch_expert has no form of {job.workload}")

    def make(choice):
        block = choice[0]
        parts = [{n: a[b : b + block] for n, a in x.items()} for b in range(0, job.samples, block)]
        if job.variant == "gradient":
            movable = {n: a.clone().requires_grad_() for n, a in p.items()}
            compiled = torch.compile(loss)

            def gradient():
                for a in movable.values():
                    a.grad = None
                for part in parts:
                    compiled(movable, part).backward()  # adds to .grad
                return masked({n: movable[n].grad / job.samples for n in names}, allowed)

            return gradient
        compiled = torch.compile(of_block)

        def values():
            with torch.no_grad():
                found = [torch.cat(blocks) for blocks in zip(*[compiled(p, part) for part in parts])]
            return {"residual": found[0]} if job.workload == "W4" else named_orders(v[:, None] for v in found)

        return values

    return job.best_of(candidates(job), make)
