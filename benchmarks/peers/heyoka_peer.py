# benchmarks/peers/heyoka_peer.py: heyoka (expressions, derivatives by recurrences, LLVM) on workload W2, with the weights compiled in as constants
# or as parameters of the compiled function.
import time

import heyoka
import numpy

import serve

job = serve.Job(serve.arguments())
if job.workload != "W2" or job.variant != "orders_to_k":
    raise SystemExit("heyoka_peer knows the values of W2")
heyoka.set_nthreads(job.threads)
values = []


def number(w):
    if job.form == "constants":
        return heyoka.expression(float(w))
    values.append(float(w))
    return heyoka.par[len(values) - 1]


operands = heyoka.make_vars(*[f"x{i}" for i in range(1 + job.inputs["features"].shape[1])])
units = list(operands)
names = job.layers("tau")
for name in names:
    w, b = job.parameters[f"{name}.weight"], job.parameters[f"{name}.bias"]
    sums = [heyoka.sum([number(w[i, j]) * u for j, u in enumerate(units)] + [number(b[i])]) for i in range(len(b))]
    units = sums if name == names[-1] else [heyoka.tanh(z) for z in sums]

start = time.perf_counter()
tensors = heyoka.diff_tensors(units, [operands[0]], job.k)
wanted = [tensors[[0, j]] for j in range(job.k + 1)]
columns = numpy.ascontiguousarray(numpy.concatenate([job.inputs["state"], job.inputs["features"]], 1).T)
result = numpy.empty((job.k + 1, job.samples))
parameters = numpy.repeat(numpy.array(values)[:, None], job.samples, 1) if values else None


def make(compact):
    compiled = heyoka.cfunc(wanted, operands, compact_mode=bool(compact[0]))

    def call():
        if parameters is None:
            compiled(columns, outputs=result)
        else:
            compiled(columns, outputs=result, pars=parameters)
        return {"f" if j == 0 else f"D{j}": result[j][:, None] for j in range(job.k + 1)}

    return call


call = job.best_of([(1, 0)] + [(0, 0)] * (job.k <= 2), make)
serve.serve(job, f"heyoka {heyoka.__version__}", call, time.perf_counter() - start)
