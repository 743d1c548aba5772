"""PyTorch on the CPU, in the fastest of the ways it offers for each workload: the candidates are tried at setup."""

import json
import math
import resource
import sys
import time
from pathlib import Path

# Python looks for modules beside the script first, and this script has the library's name.
sys.path = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]
sys.path.append(str(Path(__file__).resolve().parents[2] / "test/fixtures"))

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from threefry import normal_of

WORKLOADS = json.loads((Path(__file__).parent / "workloads.json").read_text())
# torch.compile needs a C++ compiler and half a minute a workload; only for residual networks was it faster: see README.md.
COMPILE = "--compile" in sys.argv
TRIALS = 3


def hash_bits(stream, count):
    """The twin of `hash` in workload.mjs, for the indices 0 to count - 1."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) + np.uint32(stream * 0x9E3779B9 & 0xFFFFFFFF)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        return h ^ (h >> np.uint32(16))


def uniform(stream, shape, bound):
    bits = hash_bits(stream, math.prod(shape)) >> np.uint32(8)
    return torch.from_numpy(((bits / 2**23 - 1) * bound).astype(np.float32)).reshape(shape)


class Block(nn.Module):
    """Two convolutions and the way around them, of option A: every other pixel, and zeros for the new channels."""

    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x):
        y = self.second(F.relu(self.first(x)))
        new = y.shape[1] - x.shape[1]
        return F.relu(y + (x if new == 0 else F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, new))))


def build_resnet(depth):
    """He et al. 2016 for pictures of 32x32; the weights in the order of workload.mjs."""
    count = iter(range(10**6))

    def normalised(inputs, outputs, stride):
        conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        start(conv, next(count))
        return nn.Sequential(conv, nn.BatchNorm2d(outputs))

    parts, inputs = [normalised(3, 16, 1), nn.ReLU()], 16
    for outputs in (16, 32, 64):
        for _ in range((depth - 2) // 6):
            first = normalised(inputs, outputs, outputs // inputs)
            parts.append(Block(first, normalised(outputs, outputs, 1)))
            inputs = outputs
    dense = nn.Linear(inputs, 10)
    start(dense, next(count) + 1)
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), dense)


@torch.no_grad()
def start(part, stream):
    part.weight.copy_(uniform(100 + stream, part.weight.shape, 1 / math.sqrt(part.weight[0].numel())))
    if part.bias is not None:
        part.bias.zero_()


class Recurrent(nn.Module):
    """PyTorch's own LSTM, batch first, with its state kept from call to call where it generates."""

    def __init__(self, inputs, size, stream, keeps):
        super().__init__()
        self.lstm = nn.LSTM(inputs, size, batch_first=True)
        self.keeps, self.state = keeps, None
        with torch.no_grad():
            for (name, weight), first in zip(self.lstm.named_parameters(), (100, 200, 0, 0)):
                bound = 1 / math.sqrt(weight.shape[-1]) if first else 0
                weight.copy_(uniform(first + stream, weight.shape, bound))

    def forward(self, x):
        y, state = self.lstm(x, self.state)
        if self.keeps:
            self.state = state
        return y


def build(workload):
    if "resnet" in workload:
        return build_resnet(workload["resnet"])
    parts, shape = [], workload["input"]
    for i, (kind, *rest) in enumerate(workload["layers"]):
        if kind == "dense":
            part = nn.Linear(shape[-1], rest[0])
        elif kind == "lstm":
            part = Recurrent(shape[-1], rest[0], i, workload.get("generate", False))
        elif kind == "conv3x3":
            part = nn.Conv2d(shape[0], rest[0], 3, padding=rest[1])
        else:
            part = {"relu": nn.ReLU, "pool2": lambda: nn.MaxPool2d(2), "flatten": nn.Flatten}[kind]()
        if kind in ("dense", "conv3x3"):
            start(part, i)
        parts.append(part)
        shape = list(part(torch.zeros(1, *shape)).shape[1:])
        if kind == "lstm":
            part.state = None
    return nn.Sequential(*parts)


def timed(step, inputs):
    times = []
    for given in inputs:
        start = time.perf_counter()
        step(given)
        times.append((time.perf_counter() - start) * 1000)
    return times


class Candidate:
    """One way to run a workload; `step` returns the loss, or the logits of an inference."""

    def __init__(self, workload, layout="contiguous", way="eager"):
        self.about = f"{layout}, {way}"
        memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        rows, classes = workload["batch"], 10
        if workload.get("oneHot"):
            rows, classes = rows * workload["input"][0], workload["input"][1]
            tokens = torch.from_numpy((hash_bits(1, rows) % classes).astype(np.int64))
            self.x = F.one_hot(tokens, classes).float().reshape(workload["batch"], *workload["input"])
        else:
            self.x = uniform(1, [workload["batch"], *workload["input"]], 1.0).to(memory_format=memory_format)
        self.labels = torch.from_numpy((hash_bits(2, rows) % classes).astype(np.int64))
        self.net = build(workload).to(memory_format=memory_format)
        if workload.get("inference"):
            self.net.eval()
            self.forward = self.net
            if way == "frozen":
                traced = torch.jit.trace(self.net, self.x)
                self.forward = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
            if way == "compiled":
                self.forward = torch.compile(self.net)
            self.step = self.generate if workload.get("generate") else self.infer
        else:
            weights = self.net.parameters()
            if workload.get("optimizer") == "sgd":
                self.optimizer = torch.optim.SGD(weights, lr=0.1, momentum=0.9, weight_decay=1e-4, fused=True)
            else:
                self.optimizer = torch.optim.Adam(weights, lr=1e-3, fused=True)
            self.loss_of = torch.compile(self.evaluate) if way == "compiled" else self.evaluate
            self.step = self.train

    def evaluate(self):
        return F.cross_entropy(self.net(self.x).flatten(0, -2), self.labels)

    def train(self):
        loss = self.loss_of()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.last = loss.item()

    @torch.inference_mode()
    def infer(self):
        self.logits = self.forward(self.x)

    @torch.inference_mode()
    def generate(self):
        """One more character: the likeliest becomes the next input."""
        self.logits = self.forward(self.x)[0]
        self.x = F.one_hot(self.logits.argmax(-1), self.x.shape[-1]).float().unsqueeze(0)

    def loss(self):
        if not hasattr(self, "logits"):
            return self.last
        return F.cross_entropy(self.logits, self.labels).item()

    def run(self, count):
        return timed(lambda _: self.step(), range(count))


def build_player(layers, stream, channels):
    """One network of a game; the weights as in workload.mjs."""
    parts = []
    for i, (kind, *rest) in enumerate(layers):
        if kind.startswith("conv"):
            size, stride, padding = rest
            bias = i + 1 == len(layers) or layers[i + 1][0] != "norm"
            make = nn.Conv2d if kind == "conv4x4" else nn.ConvTranspose2d
            part = make(channels, size, 4, stride, padding, bias=bias)
            start(part, stream - 100 + i)
            channels = size
        else:
            make = {"norm": nn.BatchNorm2d, "relu": nn.ReLU, "tanh": nn.Tanh, "flatten": nn.Flatten}
            part = nn.LeakyReLU(0.2) if kind == "leaky" else make[kind](*([channels] if kind == "norm" else []))
        parts.append(part)
    return nn.Sequential(*parts)


class GameCandidate:
    """One way to play: an update of the discriminator, then one of the generator, on the same made pictures."""

    def __init__(self, workload, layout="contiguous", way="eager"):
        self.about, self.frozen = f"{layout}, {way}", "frozen" in way
        memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        batch, latent = workload["batch"], workload["latent"]
        self.count, self.shape = 0, [batch, latent, 1, 1]
        self.real = uniform(1, [batch, *workload["input"]], 1.0).to(memory_format=memory_format)
        self.generator = build_player(workload["generator"], 100, latent).to(memory_format=memory_format)
        self.discriminator = build_player(workload["discriminator"], 300, workload["input"][0]).to(memory_format=memory_format)
        self.optimizers = [
            torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
            for net in (self.discriminator, self.generator)
        ]
        self.make, self.judge = self.generator, self.discriminator
        if "compiled" in way:
            self.make, self.judge = torch.compile(self.generator), torch.compile(self.discriminator)

    def step(self, noise):
        first, second = self.optimizers
        fake = self.make(noise)
        first.zero_grad()
        ours = F.softplus(-self.judge(self.real)).mean() + F.softplus(self.judge(fake.detach())).mean()
        ours.backward()
        first.step()
        if self.frozen:
            self.discriminator.requires_grad_(False)
        second.zero_grad()
        theirs = F.softplus(-self.judge(fake)).mean()
        theirs.backward()
        second.step()
        if self.frozen:
            self.discriminator.requires_grad_(True)
        self.last = (ours.item(), theirs.item())

    def loss(self):
        return sum(self.last)

    def run(self, count):
        noise = [normal_of(self.shape, 0, "game/latent", self.count + i) for i in range(count)]
        self.count += count
        return timed(self.step, noise)


def setup(name, about=None):
    if name not in WORKLOADS:
        raise ValueError(f'There is no workload "{name}".')
    workload = WORKLOADS[name]
    game = "generator" in workload
    make = GameCandidate if game else Candidate
    if about is not None:
        return make(workload, *about.split(", "))
    layouts = ["contiguous", "channels_last"] if len(workload["input"]) == 3 else ["contiguous"]
    compiled = COMPILE or "resnet" in workload
    frozen = workload.get("inference") and not workload.get("generate")
    ways = ["eager"] + (["frozen"] if frozen or game else []) + (["compiled"] if compiled else [])
    options = [(layout, way) for layout in layouts for way in ways]
    candidates = {option: make(workload, *option) for option in options}
    # Taken in turn, and the quickest step counts: on a busy machine a median tells about the neighbours.
    best = dict.fromkeys(options, math.inf)
    for _ in range(TRIALS):
        for option, candidate in candidates.items():
            best[option] = min(best[option], *candidate.run(4))
    for option, candidate in candidates.items():
        print(f"{name}: {candidate.about}: {best[option]:.2f} ms", file=sys.stderr)
    return make(workload, *min(best, key=best.get))


def main():
    torch.set_num_threads(2)
    session = None
    for line in sys.stdin:
        if not line.strip():
            continue
        message = json.loads(line)
        try:
            if message["cmd"] == "setup":
                session = setup(message["workload"], message.get("about"))
                version = torch.__version__.split("+")[0]
                workload = message["workload"]
                tried = message.get("about") is None
                answer = {"ready": True, "tried": tried, "peer": "pytorch", "version": version, "workload": workload, "about": session.about}
            elif message["cmd"] == "steps":
                times = session.run(message["count"])
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                answer = {"ms": times, "loss": session.loss(), "peak": peak}
            elif message["cmd"] == "quit":
                return
            else:
                raise ValueError(f'There is no command "{message["cmd"]}".')
        except Exception as error:
            answer = {"error": str(error) or type(error).__name__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
