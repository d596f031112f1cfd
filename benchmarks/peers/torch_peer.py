# benchmarks/peers/torch_peer.py: PyTorch beside dimwise: in its natural form (torch.func), and the form of an expert (Taylor recurrences by
# hand, blocks that stay in the cache) under torch.compile.
import time

import torch

import serve
import torch_expert
import torch_natural

job = serve.Job(serve.arguments())
torch.set_num_threads(job.threads)
torch.set_grad_enabled(job.variant == "gradient" or job.form == "natural")
parameters = {n: torch.from_numpy(a.copy()) for n, a in job.parameters.items()}
inputs = {n: torch.from_numpy(a) for n, a in job.inputs.items()}
start = time.perf_counter()
call = {"natural": torch_natural.call, "expert": torch_expert.call}[job.form](job, parameters, inputs)
call()
serve.serve(job, f"PyTorch {torch.__version__}", call, time.perf_counter() - start)
