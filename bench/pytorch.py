"""
Times PyTorch on the training step of the published network, for comparison with ours on the same machine.

One shot prints one line of JSON, `{"stepMs": […], "peakMemoryMb", "lossFirst", "lossLast", …}`:

    python3 bench/pytorch.py --width 32 --height 96 --width-px 96 --batch 8 --steps 5 --warmup 2 --threads 2

With `--serve` it builds the same, prints `{"ready": true, …}` and then answers each line of stdin with one line of JSON,
so that a benchmark can alternate with it within one minute:

    step N        N training steps            {"stepMs": […], "loss": last}
    forward N     N forward passes, eval mode {"forwardMs": […]}
    loss NAME N   N values with gradient of one loss on [16, 1, 192, 192], see pytorch_losses.py {"lossMs": […]}
    quit

A step is forward, (bce + 2·dice) + 2·rmse, backward and AdamW with default settings, as a PyTorch user writes it.
"""
import argparse
import json
import resource
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'scripts' / 'goldens'))

import models  # noqa: E402
import pytorch_losses  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description='PyTorch training step of the published network')
    parser.add_argument('--model', choices=('resunet', 'resunet-wide'), default='resunet')
    parser.add_argument('--channels', type=int, default=6)
    for name, default in (('width', 32), ('height', 96), ('width-px', 96), ('batch', 8)):
        parser.add_argument(f'--{name}', type=int, default=default)
    for name, default in (('steps', 5), ('warmup', 2), ('threads', 2)):
        parser.add_argument(f'--{name}', type=int, default=default)
    parser.add_argument('--serve', action='store_true')
    return parser.parse_args()


def joint_loss(logits, mask, depth_target):
    """(bce + 2·dice) + 2·rmse in PyTorch's own fused functions."""
    p = torch.sigmoid(logits[0])
    intersection = (p * mask).sum((1, 2, 3))
    dice = (1 - 2 * intersection / (p.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + 1e-6)).mean()
    rmse = torch.sqrt(F.mse_loss(torch.sigmoid(logits[1]), depth_target) + 1e-6)
    return F.binary_cross_entropy_with_logits(logits[0], mask) + 2 * dice + 2 * rmse


class Trainer:
    """The network, its optimizer and one synthetic batch: a rectangle before a slanted plane."""

    def __init__(self, options):
        torch.manual_seed(0)
        kind = models.ResUNet if options.model == 'resunet' else models.ResUNetWide
        self.model = kind(options.width, options.channels)
        self.optimizer = torch.optim.AdamW(self.model.parameters())
        n, h, w = options.batch, options.height, options.width_px
        self.mask = torch.zeros(n, 1, h, w)
        self.mask[:, :, h // 4 : h // 2, w // 4 : 3 * w // 4] = 1
        self.depth = torch.linspace(0.1, 0.9, h).reshape(1, 1, h, 1).expand(n, 1, h, w) * (1 - 0.5 * self.mask)
        self.image = 0.5 * torch.rand(n, options.channels, h, w) + 0.25 * (self.mask + self.depth)

    def step(self):
        self.model.train()
        self.optimizer.zero_grad()
        loss = joint_loss(self.model(self.image), self.mask, self.depth)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def forward(self):
        self.model.eval()
        with torch.no_grad():
            self.model(self.image)


def timed(function, count):
    """Milliseconds of each call, and the last result."""
    times, result = [], None
    for _ in range(count):
        start = time.perf_counter()
        result = function()
        times.append(round(1000 * (time.perf_counter() - start), 3))
    return times, result


def say(value):
    print(json.dumps(value), flush=True)


def peak_memory_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def answer(trainer, words):
    if words[0] == 'step' and len(words) == 2:
        times, loss = timed(trainer.step, int(words[1]))
        return {'stepMs': times, 'loss': loss, 'peakMemoryMb': peak_memory_mb()}
    if words[0] == 'forward' and len(words) == 2:
        return {'forwardMs': timed(trainer.forward, int(words[1]))[0]}
    if words[0] == 'loss' and len(words) == 3:
        run = pytorch_losses.case(words[1])
        run()
        return {'lossMs': timed(run, int(words[2]))[0]}
    raise ValueError(f'expected step N, forward N, loss NAME N or quit, got {" ".join(words)}')


def serve(trainer, about):
    say({'ready': True, **about})
    for line in sys.stdin:
        words = line.split()
        if words == ['quit']:
            break
        if not words:
            continue
        try:
            say(answer(trainer, words))
        except ValueError as error:
            say({'error': str(error)})


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    trainer = Trainer(options)
    about = {
        'torch': torch.__version__,
        'threads': options.threads,
        'parameters': models.count_parameters(trainer.model),
    }
    if options.serve:
        serve(trainer, about)
        return
    first = trainer.step()
    timed(trainer.step, max(0, options.warmup - 1))
    times, last = timed(trainer.step, options.steps)
    say({'stepMs': times, 'peakMemoryMb': peak_memory_mb(), 'lossFirst': first, 'lossLast': last, **about})


if __name__ == '__main__':
    main()
