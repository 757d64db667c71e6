"""The deterministic numbers behind every golden: one linear congruential stream that any language can repeat."""
import math

import numpy as np


class Stream:
    """u = state / 2^32 after state = (1664525·state + 1013904223) mod 2^32; the seed is the state before the first."""

    def __init__(self, seed):
        self.state = seed % 2**32

    def next(self):
        """The next u in [0, 1), as a Python float."""
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return self.state / 2**32

    def take(self, *shape):
        """An array of the next numbers, row by row, in float64."""
        count = math.prod(shape)
        return np.array([self.next() for _ in range(count)], dtype=np.float64).reshape(shape)


def float32(values):
    """Values rounded to float32, kept in float64."""
    return np.asarray(values, dtype=np.float64).astype(np.float32).astype(np.float64)


def rounded(values, largest):
    """Values 0–1 as the nearest multiples of 1/largest; halves go up."""
    return np.floor(largest * values + 0.5) / largest


def fill_parameters(model, seed):
    """
    Gives every parameter its value, in the order of model.named_parameters(), from one stream.

    Convolutions: (2u − 1)/√fan_in with fan_in = C·kh·kw; batch norm weight: 0.75 + 0.5u; bias: (u − 0.5)·0.2.
    """
    import torch

    stream = Stream(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            u = stream.take(*parameter.shape)
            if parameter.dim() == 4:
                values = (2 * u - 1) / math.sqrt(math.prod(parameter.shape[1:]))
            elif name.endswith('.weight'):
                values = 0.75 + 0.5 * u
            else:
                values = (u - 0.5) * 0.2
            parameter.copy_(torch.from_numpy(float32(values)))


def scene_batch(seed, count, channels, height, width):
    """
    A batch `(image [N, C, H, W], mask [N, 1, H, W], depth [N, 1, H, W])` that a network can learn, from one stream.

    First, for each image, six draws u1…u6: the mask is 1 in the rectangle of rows from ⌊u1·H/2⌋, columns from
    ⌊u2·W/2⌋, of H/4 + ⌊u3·H/4⌋ rows and W/4 + ⌊u4·W/4⌋ columns; the depth at row i, column j is
    d = 0.1 + 0.4·(u5·(i/(H − 1)) + u6·(j/(W − 1))), and 0.5·d inside the rectangle. Then one draw u for every
    image value, in order [N, C, H, W]: u in the first channels (the background), and
    (0.5·u + 0.25·mask) + 0.25·depth in the last three (the image). All in float64, then images rounded to multiples
    of 1/255 and depth of 1/65535: what 8 and 16 bits hold.
    """
    stream = Stream(seed)
    mask = np.zeros((count, 1, height, width))
    depth = np.zeros((count, 1, height, width))
    for n in range(count):
        u = [stream.next() for _ in range(6)]
        top, left = math.floor(u[0] * height / 2), math.floor(u[1] * width / 2)
        rows = height // 4 + math.floor(u[2] * height / 4)
        columns = width // 4 + math.floor(u[3] * width / 4)
        mask[n, 0, top : top + rows, left : left + columns] = 1
        i = np.arange(height)[:, None] / (height - 1)
        j = np.arange(width)[None, :] / (width - 1)
        plane = 0.1 + 0.4 * (u[4] * i + u[5] * j)
        depth[n, 0] = np.where(mask[n, 0] == 1, 0.5 * plane, plane)
    image = stream.take(count, channels, height, width)
    image[:, -3:] = (0.5 * image[:, -3:] + 0.25 * mask) + 0.25 * depth
    return rounded(image, 255), mask, rounded(depth, 65535)
