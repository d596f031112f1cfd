# benchmarks/peers/serve.py: what every peer written in Python does: read a workload's numbers, compute, answer with times.
#
# A peer is started with the words that `arguments` reads. It computes once, writes its results to FOLDER/NAME, prints one line
# of JSON that begins with {"ready": ..., and then answers each line of its input (how many seconds to spend) with a line: the
# least seconds of one whole call. What is timed and what it is compared with takes turns that way (codegen/tool/bench_peers.cpp).
import argparse
import json
import os
import pathlib
import struct
import sys
import time


def arguments():
    words = argparse.ArgumentParser()
    words.add_argument("--folder", required=True, help="inputs in FOLDER/in, results in FOLDER/NAME")
    words.add_argument("--name", required=True, help="of the peer's results")
    words.add_argument("--form", default="expert", help="natural, expert, ...")
    words.add_argument("--workload", required=True)
    words.add_argument("--variant", required=True, help="orders_to_k, residual, gradient, adam_step, ...")
    words.add_argument("--d", type=int, default=1)
    words.add_argument("--k", type=int, default=0)
    words.add_argument("--precision", default="float")
    words.add_argument("--threads", type=int, default=1)
    words.add_argument("--blocks", help="file that remembers the block sizes that a search found")
    words.add_argument("--block", help="take these block sizes instead of a search, e.g. 512 or 64,1024")
    return words.parse_args()


def read_safetensors(path):
    import numpy

    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    types = {"F64": numpy.float64, "F32": numpy.float32}
    arrays = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[8 + length + begin : 8 + length + end], types[entry["dtype"]])
        arrays[name] = values.reshape(entry["shape"])
    return arrays


class Job:
    """One measurement: its words, inputs and parameters (numpy arrays in the wanted precision)."""

    def __init__(self, words):
        import numpy

        self.__dict__.update(vars(words))
        self.type = numpy.float32 if words.precision == "float" else numpy.float64
        inputs = pathlib.Path(words.folder) / "in"
        self.inputs = {file.stem: numpy.load(file).astype(self.type) for file in sorted(inputs.glob("*.npy"))}
        self.parameters = {n: a.astype(self.type) for n, a in read_safetensors(inputs / "parameters.safetensors").items()}
        self.samples = len(next(iter(self.inputs.values())))
        self.chosen = None

    def layers(self, prefix):
        """[(weight, bias), ...] of the tensors PREFIX.0, PREFIX.1, ..."""
        found = []
        while f"{prefix}.{len(found)}.weight" in self.parameters:
            found.append(f"{prefix}.{len(found)}")
        return found

    def best_of(self, candidates, make):
        """The fastest of the calls make(candidate). The search is remembered in the file --blocks."""
        candidates = list(candidates)
        if self.block:
            wanted = tuple(int(n) for n in self.block.split(","))
            self.chosen = wanted if len(wanted) > 1 else wanted[0]
            return make(self.chosen)
        key = " ".join(str(w) for w in (self.name, self.workload, self.variant, self.d, self.k, self.precision, self.samples, self.threads))
        known = {}
        if self.blocks and os.path.exists(self.blocks):
            known = json.loads(pathlib.Path(self.blocks).read_text())
        for candidate in candidates:
            if known.get(key) == json.loads(json.dumps(candidate)):
                self.chosen = candidate
                return make(candidate)
        best = None
        for candidate in candidates:
            call = make(candidate)
            call()
            seconds = least_seconds(call, 0.5)
            if best is None or seconds < best[0]:
                best = (seconds, candidate, call)
        self.chosen = best[1]
        if self.blocks:
            known[key] = best[1]
            partial = f"{self.blocks}.{os.getpid()}"
            pathlib.Path(partial).write_text(json.dumps(known, indent=1))
            os.replace(partial, self.blocks)
        return best[2]


def least_seconds(call, budget):
    clock = time.perf_counter
    start = clock()
    call()
    one = clock() - start
    repeats = max(1, int(2e-4 / max(one, 1e-7)))
    best, now = one, clock()
    while now < start + budget:
        begin = clock()
        for _ in range(repeats):
            call()
        now = clock()
        best = min(best, (now - begin) / repeats)
    return best


def serve(job, version, call, seconds_to_compile=None):
    """call() computes everything once, waits for it and returns {name: array}; names "gradient/TENSOR" are written as they are."""
    import numpy

    folder = pathlib.Path(job.folder) / job.name
    for name, array in call().items():
        file = folder / f"{name}.npy"
        file.parent.mkdir(parents=True, exist_ok=True)
        numpy.save(file, numpy.ascontiguousarray(numpy.asarray(array)))
    ready = {"ready": version, "block": job.chosen, "compile_seconds": seconds_to_compile}
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        print(repr(least_seconds(call, float(line))), flush=True)
