"""The networks of src/models in PyTorch; tests/goldens/README.md gives the published study's layer by layer."""
import math

from torch import nn
from torch.nn import functional as F


def scaled(width, factors):
    """Channels for a width, at least one."""
    return [max(1, math.floor(width * factor + 0.5)) for factor in factors]


def convolution(inputs, outputs, kernel, groups=1):
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False, groups=groups)


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


class AggregatedBlock(nn.Module):
    """conv3(relu(bn3(conv2(relu(bn2(conv1(relu(bn1(x)))))))) + shortcut(x), conv2 in groups of four channels."""

    def __init__(self, inputs, outputs, projection=True):
        super().__init__()
        (inner,) = scaled(outputs, [0.5])
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = convolution(inputs, inner, 1)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv2 = convolution(inner, inner, 3, groups=inner // 4 if inner % 4 == 0 else 1)
        self.bn3 = nn.BatchNorm2d(inner)
        self.conv3 = convolution(inner, outputs, 1)
        self.projected = projection
        if projection:
            self.projection = convolution(inputs, outputs, 1)
            self.projection_bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = self.conv1(F.relu(self.bn1(x)))
        y = self.conv2(F.relu(self.bn2(y)))
        y = self.conv3(F.relu(self.bn3(y)))
        return y + (self.projection_bn(self.projection(x)) if self.projected else x)


class Encoder(nn.Module):
    """Four down blocks, each followed by 2×2 max pooling, and a bridge."""

    def __init__(self, inputs, channels, block=ResidualBlock):
        super().__init__()
        for i, c in enumerate(channels):
            setattr(self, f'down{i + 1}', block(inputs, c))
            inputs = c
        self.levels = len(channels)
        self.bridge = block(inputs, inputs, projection=False)

    def forward(self, x):
        skips = []
        for i in range(self.levels):
            x = getattr(self, f'down{i + 1}')(x)
            skips.insert(0, x)
            x = F.max_pool2d(x, 2)
        return self.bridge(x), skips


class UpBlock(nn.Module):
    """block(pixel_shuffle(expand(x)) + skip(s) + link(l)), the sum in the channels of x."""

    def __init__(self, inputs, outputs, skip, link=None, block=ResidualBlock):
        super().__init__()
        self.expand = convolution(inputs, 4 * inputs, 1)
        self.skip = convolution(skip, inputs, 1)
        self.linked = link is not None
        if self.linked:
            self.link = convolution(link, inputs, 1)
        self.block = block(inputs, outputs)

    def forward(self, x, skip, link=None):
        y = F.pixel_shuffle(self.expand(x), 2) + self.skip(skip)
        return self.block(y + self.link(link) if self.linked else y)


class Decoder(nn.Module):
    """Up blocks from the bridge to full resolution; returns the output of every level, the coarsest first."""

    def __init__(self, inputs, channels, skips, links=None, block=ResidualBlock):
        super().__init__()
        self.levels = len(channels)
        for i, c in enumerate(channels):
            setattr(self, f'up{i + 1}', UpBlock(inputs, c, skips[i], links[i] if links else None, block))
            inputs = c

    def forward(self, x, skips, links=None):
        outputs = []
        for i in range(self.levels):
            x = getattr(self, f'up{i + 1}')(x, skips[i], links[i] if links else None)
            outputs.append(x)
        return outputs


class ResUNet(nn.Module):
    """15,855,712 parameters at width 32 and 994,264 at width 8, both for 6 input channels."""

    block = ResidualBlock

    def __init__(self, width, in_channels=6):
        super().__init__()
        down = scaled(width, [2, 4, 8, 16])
        depth = scaled(width, [8, 4, 2, 0.5])
        segmentation = scaled(width, [2, 2, 1, 0.5])
        self.stem = convolution(in_channels, width, 5)
        self.encoder = Encoder(width, down, self.block)
        self.depth = Decoder(down[-1], depth, down[::-1], block=self.block)
        self.segmentation = Decoder(down[-1], segmentation, down[::-1], depth, self.block)
        self.depth_head = convolution(depth[-1], 1, 1)
        self.segmentation_head = convolution(segmentation[-1], 1, 1)

    def forward(self, x):
        """`[N, C, H, W]` to logits `(segmentation, depth)`, each `[N, 1, H, W]`."""
        bottom, skips = self.encoder(self.stem(x))
        depth = self.depth(bottom, skips)
        segmentation = self.segmentation(bottom, skips, depth)
        return self.segmentation_head(segmentation[-1]), self.depth_head(depth[-1])


class ResUNeXt(ResUNet):
    """4,378,336 parameters at width 32 and 283,984 at width 8, both for 6 input channels."""

    block = AggregatedBlock


class InvertedResidual(nn.Module):
    """bn3(project(relu(bn2(depthwise(relu(bn1(expand(x)))))))), plus x where the channels stay."""

    def __init__(self, inputs, outputs):
        super().__init__()
        hidden = 4 * inputs
        self.expand = convolution(inputs, hidden, 1)
        self.bn1 = nn.BatchNorm2d(hidden)
        self.depthwise = convolution(hidden, hidden, 3, groups=hidden)
        self.bn2 = nn.BatchNorm2d(hidden)
        self.project = convolution(hidden, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.added = inputs == outputs

    def forward(self, x):
        y = F.relu(self.bn1(self.expand(x)))
        y = self.bn3(self.project(F.relu(self.bn2(self.depthwise(y)))))
        return y + x if self.added else y


class MobileDown(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.block1 = InvertedResidual(inputs, outputs)
        self.block2 = InvertedResidual(outputs, outputs)

    def forward(self, x):
        return self.block2(self.block1(x))


class MobileUp(nn.Module):
    """block(pixel_shuffle(expand(x)) + skip(s)), in the channels of s."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.expand = convolution(inputs, 4 * outputs, 1)
        self.skip = convolution(outputs, outputs, 1)
        self.block = InvertedResidual(outputs, outputs)

    def forward(self, x, skip):
        return self.block(F.pixel_shuffle(self.expand(x), 2) + self.skip(skip))


class MobileHead(nn.Module):
    """conv(relu(bn(pixel_shuffle(expand(block(x)))))), a quarter of the channels at full resolution."""

    def __init__(self, channels):
        super().__init__()
        (inner,) = scaled(channels, [0.25])
        self.block = InvertedResidual(channels, channels)
        self.expand = convolution(channels, 4 * inner, 1)
        self.bn = nn.BatchNorm2d(inner)
        self.conv = convolution(inner, 1, 3)

    def forward(self, x):
        return self.conv(F.relu(self.bn(F.pixel_shuffle(self.expand(self.block(x)), 2))))


class MobileUNet(nn.Module):
    """221,160 parameters at width 8 for 6 input channels."""

    def __init__(self, width, in_channels=6):
        super().__init__()
        channels = [factor * width for factor in (2, 3, 6, 12)]
        self.stem = convolution(4 * in_channels, channels[0], 3)
        self.stem_bn = nn.BatchNorm2d(channels[0])
        for i, c in enumerate(channels):
            setattr(self, f'down{i + 1}', MobileDown(channels[max(0, i - 1)], c))
        for i in range(3):
            setattr(self, f'up{i + 1}', MobileUp(channels[3 - i], channels[2 - i]))
        self.depth_head = MobileHead(channels[0])
        self.segmentation_head = MobileHead(channels[0])

    def forward(self, x):
        """`[N, C, H, W]` to logits `(segmentation, depth)`, each `[N, 1, H, W]`."""
        x = F.relu(self.stem_bn(self.stem(F.pixel_unshuffle(x, 2))))
        x = self.down1(x)
        skips = []
        for i in (2, 3, 4):
            skips.insert(0, x)
            x = getattr(self, f'down{i}')(F.max_pool2d(x, 2))
        for i, skip in enumerate(skips):
            x = getattr(self, f'up{i + 1}')(x, skip)
        return self.segmentation_head(x), self.depth_head(x)


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
