# benchmarks/peers/jax_peer.py: JAX beside dimwise, in its natural form and in the form of an expert.
import os
import time

import serve

words = serve.arguments()
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = " ".join([
    "--xla_cpu_prefer_vector_width=512",
    f"--xla_cpu_multi_thread_eigen={'true' if words.threads > 1 else 'false'}",
    f"intra_op_parallelism_threads={words.threads}",
])

import jax  # noqa: E402  (reads the environment)

jax.config.update("jax_cpu_enable_async_dispatch", False)
if words.precision == "double":
    jax.config.update("jax_enable_x64", True)

import jax_expert  # noqa: E402
import jax_natural  # noqa: E402

job = serve.Job(words)
parameters = {n: jax.numpy.asarray(a) for n, a in job.parameters.items()}
inputs = {n: jax.numpy.asarray(a) for n, a in job.inputs.items()}
start = time.perf_counter()
make = {"natural": jax_natural.call, "expert": jax_expert.call}[words.form]
call = make(job, parameters, inputs)
call()
serve.serve(job, f"JAX {jax.__version__}", call, time.perf_counter() - start)
