"""The residual U-Nets of the published study in PyTorch; tests/goldens/README.md gives the same layer by layer."""
import math

from torch import nn
from torch.nn import functional as F


def scaled(width, factors):
    """Channels for a width, at least one."""
    return [max(1, math.floor(width * factor + 0.5)) for factor in factors]


def convolution(inputs, outputs, kernel):
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)


class ResidualBlock(nn.Module):
    """conv2(relu(bn2(conv1(relu(bn1(x)))))) + shortcut(x)."""

    def __init__(self, inputs, outputs, projection=True):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = convolution(inputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = convolution(outputs, outputs, 3)
        self.projected = projection
        if projection:
            self.projection = convolution(inputs, outputs, 1)
            self.projection_bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = self.conv1(F.relu(self.bn1(x)))
        y = self.conv2(F.relu(self.bn2(y)))
        return y + (self.projection_bn(self.projection(x)) if self.projected else x)


class Encoder(nn.Module):
    """Four down blocks, each followed by 2×2 max pooling, and a bridge."""

    def __init__(self, inputs, channels):
        super().__init__()
        for i, c in enumerate(channels):
            setattr(self, f'down{i + 1}', ResidualBlock(inputs, c))
            inputs = c
        self.levels = len(channels)
        self.bridge = ResidualBlock(inputs, inputs, projection=False)

    def forward(self, x):
        skips = []
        for i in range(self.levels):
            x = getattr(self, f'down{i + 1}')(x)
            skips.insert(0, x)
            x = F.max_pool2d(x, 2)
        return self.bridge(x), skips


class UpBlock(nn.Module):
    """block(pixel_shuffle(expand(x)) + skip(s) + link(l)), the sum in the channels of x."""

    def __init__(self, inputs, outputs, skip, link=None):
        super().__init__()
        self.expand = convolution(inputs, 4 * inputs, 1)
        self.skip = convolution(skip, inputs, 1)
        self.linked = link is not None
        if self.linked:
            self.link = convolution(link, inputs, 1)
        self.block = ResidualBlock(inputs, outputs)

    def forward(self, x, skip, link=None):
        y = F.pixel_shuffle(self.expand(x), 2) + self.skip(skip)
        return self.block(y + self.link(link) if self.linked else y)


class Decoder(nn.Module):
    """Up blocks from the bridge to full resolution; returns the output of every level, the coarsest first."""

    def __init__(self, inputs, channels, skips, links=None):
        super().__init__()
        self.levels = len(channels)
        for i, c in enumerate(channels):
            setattr(self, f'up{i + 1}', UpBlock(inputs, c, skips[i], links[i] if links else None))
            inputs = c

    def forward(self, x, skips, links=None):
        outputs = []
        for i in range(self.levels):
            x = getattr(self, f'up{i + 1}')(x, skips[i], links[i] if links else None)
            outputs.append(x)
        return outputs


class ResUNet(nn.Module):
    """15,855,712 parameters at width 32 and 994,264 at width 8, both for 6 input channels."""

    def __init__(self, width, in_channels=6):
        super().__init__()
        down = scaled(width, [2, 4, 8, 16])
        depth = scaled(width, [8, 4, 2, 0.5])
        segmentation = scaled(width, [2, 2, 1, 0.5])
        self.stem = convolution(in_channels, width, 5)
        self.encoder = Encoder(width, down)
        self.depth = Decoder(down[-1], depth, down[::-1])
        self.segmentation = Decoder(down[-1], segmentation, down[::-1], depth)
        self.depth_head = convolution(depth[-1], 1, 1)
        self.segmentation_head = convolution(segmentation[-1], 1, 1)

    def forward(self, x):
        """`[N, C, H, W]` to logits `(segmentation, depth)`, each `[N, 1, H, W]`."""
        bottom, skips = self.encoder(self.stem(x))
        depth = self.depth(bottom, skips)
        segmentation = self.segmentation(bottom, skips, depth)
        return self.segmentation_head(segmentation[-1]), self.depth_head(depth[-1])


class ResUNetWide(nn.Module):
    """30,264,844 parameters at width 32 for 6 input channels."""

    def __init__(self, width, in_channels=6):
        super().__init__()
        down = scaled(width, [2, 4, 8, 16])
        levels = scaled(width, [16, 8, 4, 2])
        self.encoder = Encoder(in_channels, down)
        self.depth = Decoder(down[-1], levels, down[::-1])
        self.depth_head = convolution(levels[-1], 1, 1)
        self.segmentation = Decoder(down[-1], levels, down[::-1])
        self.segmentation_head = convolution(levels[-1], 1, 1)

    def forward(self, x):
        """`[N, C, H, W]` to logits `(segmentation, depth)`, each `[N, 1, H, W]`."""
        bottom, skips = self.encoder(x)
        depth = self.depth_head(self.depth(bottom, skips)[-1])
        return self.segmentation_head(self.segmentation(bottom, skips)[-1]), depth


def count_parameters(model):
    return sum(p.numel() for p in model.parameters())
