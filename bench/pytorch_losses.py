"""
The losses as a PyTorch user writes them for speed: its fused functions where they fit, whole batches at a time, no valid map.

The definitions are those of docs/losses.md; `python3 bench/pytorch_losses.py` shows that values and gradients agree with the
plain ones in scripts/goldens. Logits `x` and targets `t` are `[N, 1, H, W]` float32.
"""
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402

per_image = (1, 2, 3)


def bce(x, t):
    return F.binary_cross_entropy_with_logits(x, t)


def dice(x, t, eps=1e-6):
    p = torch.sigmoid(x)
    intersection = (p * t).sum(per_image)
    return (1 - 2 * intersection / (p.sum(per_image) + t.sum(per_image) + eps)).mean()


def tversky(x, t, alpha=0.3, beta=0.7, eps=1e-6):
    p = torch.sigmoid(x)
    tp, predicted, target = (p * t).sum(per_image), p.sum(per_image), t.sum(per_image)
    return (1 - tp / (tp + alpha * (predicted - tp) + beta * (target - tp) + eps)).mean()


def jaccard(x, t, eps=1e-6):
    p = torch.sigmoid(x)
    intersection = (p * t).sum(per_image)
    return (1 - intersection / (p.sum(per_image) + t.sum(per_image) - intersection + eps)).mean()


def focal(x, t, alpha=0.25):
    """As in torchvision, with gamma 2."""
    p = torch.sigmoid(x)
    cross_entropy = F.binary_cross_entropy_with_logits(x, t, reduction='none')
    wrong = p + t - 2 * p * t
    return ((alpha * t + (1 - alpha) * (1 - t)) * wrong**2 * cross_entropy).mean()


def lovasz(x, t):
    """All images in one sort of rows."""
    logits, labels = x.flatten(1), t.flatten(1)
    errors, order = torch.sort(1 - logits * (2 * labels - 1), dim=1, descending=True)
    labels = labels.gather(1, order)
    total = labels.sum(1, keepdim=True)
    found = labels.cumsum(1)
    # The background so far is the position less the foreground so far.
    union = total + torch.arange(1, labels.shape[1] + 1) - found
    steps = 1 - (total - found) / union
    steps[:, 1:] = steps[:, 1:] - steps[:, :-1]
    return (F.relu(errors) * steps).sum(1).mean()


def boundary(x, t, distance):
    return (torch.sigmoid(x) * distance).mean()


def mcc(x, t, eps=1e-5):
    p = torch.sigmoid(x)
    tp, predicted, target = (p * t).sum(per_image), p.sum(per_image), t.sum(per_image)
    fp, fn = predicted - tp, target - tp
    tn = p[0].numel() - tp - fp - fn
    tp, fp, fn, tn = tp + eps, fp + eps, fn + eps, tn + eps
    root = torch.sqrt(tp + fp) * torch.sqrt(tp + fn) * torch.sqrt(tn + fp) * torch.sqrt(tn + fn)
    return (1 - (tp * tn - fp * fn) / root).mean()


def rmse(x, t, eps=1e-6):
    return torch.sqrt(F.mse_loss(torch.sigmoid(x), t) + eps)


def l1(x, t):
    return F.l1_loss(torch.sigmoid(x), t)


def mse(x, t):
    return F.mse_loss(torch.sigmoid(x), t)


def huber(x, t, delta=0.1):
    return F.huber_loss(torch.sigmoid(x), t, delta=delta)


def charbonnier(x, t, eps=1e-3):
    return torch.sqrt((torch.sigmoid(x) - t) ** 2 + eps**2).mean()


def berhu(x, t, threshold=0.2):
    e = (torch.sigmoid(x) - t).abs()
    c = threshold * e.detach().max()
    return (e + F.relu(e - c) ** 2 / (2 * c)).mean()


sobel_kernels = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
sobel_kernels = torch.stack([sobel_kernels, sobel_kernels.T]).unsqueeze(1)


def sobel(z):
    """Slopes along columns and rows, `[N, 2, H, W]`."""
    return F.conv2d(F.pad(z, (1, 1, 1, 1), mode='replicate'), sobel_kernels)


def grad(x, t):
    return sobel(torch.sigmoid(x) - t).abs().mean()


def blur(maps, window):
    """A separable Gaussian of σ 1.5 over `[N, 1, H, W]`."""
    offsets = torch.arange(window) - window // 2
    taps = torch.exp(-(offsets**2) / 4.5)
    taps = taps / taps.sum()
    r = window // 2
    padded = F.pad(maps, (r, r, r, r), mode='reflect')
    return F.conv2d(F.conv2d(padded, taps.reshape(1, 1, 1, -1)), taps.reshape(1, 1, -1, 1))


def ssim(x, t, windows=(5, 11)):
    c1, c2 = 0.01**2, 0.03**2
    p, total = torch.sigmoid(x), 0
    maps = torch.cat([p, t, p * p, t * t, p * t])
    for window in windows:
        mean_p, mean_t, pp, tt, pt = blur(maps, window).chunk(5)
        both, squares = mean_p * mean_t, mean_p**2 + mean_t**2
        variances = F.relu(pp + tt - squares)
        similarity = (2 * both + c1) * (2 * (pt - both) + c2) / ((squares + c1) * (variances + c2))
        total = total + ((1 - similarity) / 2).clamp(0, 1).mean()
    return total


def silog(x, t, weight=0.85, eps=1e-6):
    smallest = 1e-4
    g = F.logsigmoid(x).clamp(min=torch.log(torch.tensor(smallest)).item()) - t.clamp(min=smallest).log()
    return torch.sqrt((g**2).mean() - weight * g.mean() ** 2 + eps)


def ssi(x, t):
    p = torch.sigmoid(x)
    dp = p - p.mean(per_image, keepdim=True)
    dt = t - t.mean(per_image, keepdim=True)
    scale = (dp * dt).mean(per_image, keepdim=True) / (dp * dp).mean(per_image, keepdim=True).clamp(min=1e-8)
    return F.l1_loss(scale * dp, dt)


def smoothness(x, t, image):
    p = torch.sigmoid(x)
    total = 0
    for axis in (3, 2):
        weight = torch.exp(-image.diff(dim=axis).abs().mean(1, keepdim=True))
        total = total + (p.diff(dim=axis).abs() * weight).mean()
    return total


def normals(x, t):
    slopes, targets = sobel(torch.sigmoid(x)), sobel(t)
    dot = 1 + (slopes * targets).sum(1)
    return (1 - dot / torch.sqrt((1 + (slopes**2).sum(1)) * (1 + (targets**2).sum(1)))).mean()


losses = {f.__name__: f for f in (
    *(bce, dice, tversky, jaccard, focal, lovasz, boundary, mcc),
    *(rmse, l1, mse, huber, charbonnier, berhu, grad, ssim, silog, ssi, smoothness, normals),
)}
masks = ('bce', 'dice', 'tversky', 'jaccard', 'focal', 'lovasz', 'boundary', 'mcc')


def inputs(name, shape):
    """Logits, target and what else the loss `name` needs, at random."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, requires_grad=True)
    t = torch.rand(shape, generator=generator)
    extra = {}
    if name == 'boundary':
        extra['distance'] = torch.randn(shape, generator=generator)
    if name == 'smoothness':
        extra['image'] = torch.rand((shape[0], 3, *shape[2:]), generator=generator)
    return x, (t > 0.7).float() if name in masks else t, extra


def case(name, shape=(16, 1, 192, 192)):
    """A function that computes the loss `name` and its gradient once."""
    if name not in losses:
        raise ValueError(f'loss: expected one of {", ".join(losses)}, got {name}')
    x, t, extra = inputs(name, shape)

    def run():
        # oneDNN is several times slower than PyTorch's own kernels on the one-channel filters of ssim and grad.
        with torch.backends.mkldnn.flags(enabled=False):
            torch.autograd.grad(losses[name](x, t, **extra), x)

    return run


def check(name):
    """How far value and gradient are from the plain definition in float64, relative to their largest."""
    x, t, extra = inputs(name, (2, 1, 24, 20))
    value = losses[name](x, t, **extra)
    gradient = torch.autograd.grad(value, x)[0]
    exact_x = x.detach().double().requires_grad_()
    plain = getattr(segmentation, name, None) or getattr(depth, name)
    exact = plain(exact_x, t.double(), torch.ones_like(t).double(), **{k: v.double() for k, v in extra.items()})
    slope = torch.autograd.grad(exact, exact_x)[0]
    return abs(value - exact).item(), ((gradient - slope).abs().max() / slope.abs().max()).item()


if __name__ == '__main__':
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'scripts' / 'goldens'))
    import depth
    import segmentation

    for name in losses:
        errors = check(name)
        print(f'{name:12} value off by {errors[0]:.0e}, gradient by {errors[1]:.0e}')
        if not max(errors) < 1e-3:
            sys.exit(f'{name}: expected the definition in scripts/goldens')
