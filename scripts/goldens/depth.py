"""Depth losses straight from their definitions: logits x, target t and valid map v, all [N, 1, H, W] float64."""
import torch
from segmentation import bce, image_mean, image_sums, pixel_mean  # noqa: F401, depth has the same bce
from torch.nn import functional as F


def safe_sqrt(value):
    """√value with gradient 0 at 0."""
    positive = value > 0
    return torch.where(positive, torch.sqrt(torch.where(positive, value, torch.ones_like(value))), value * 0)


def error(x, t):
    return torch.sigmoid(x) - t


def pooled_mean(value, valid, pool):
    return image_sums(value, valid, pool) / image_sums(torch.ones_like(valid), valid, pool).clamp(min=1)


def rmse(x, t, v, eps=1e-6, pool='batch'):
    return image_mean(torch.sqrt(pooled_mean(error(x, t) ** 2, v, pool) + eps), v, pool)


def l1(x, t, v):
    return pixel_mean(error(x, t).abs(), v)


def mse(x, t, v):
    return pixel_mean(error(x, t) ** 2, v)


def huber(x, t, v, delta=0.1):
    e = error(x, t).abs()
    return pixel_mean(torch.where(e <= delta, 0.5 * e**2, delta * (e - 0.5 * delta)), v)


def charbonnier(x, t, v, eps=1e-3):
    return pixel_mean(torch.sqrt(error(x, t) ** 2 + eps**2), v)


def berhu(x, t, v, threshold=0.2):
    e = error(x, t).abs()
    c = (threshold * (e * v).max()).detach()
    if c == 0:
        return (x * 0).sum()
    return pixel_mean(torch.where(e <= c, e, (e**2 + c**2) / (2 * c)), v)


def sobel(z):
    """Slopes per pixel along columns and rows: 3×3 Sobel divided by 8, replicate padding."""
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=z.dtype) / 8
    padded = F.pad(z, (1, 1, 1, 1), mode='replicate')
    along_x = F.conv2d(padded, kernel.reshape(1, 1, 3, 3))
    along_y = F.conv2d(padded, kernel.T.reshape(1, 1, 3, 3))
    return along_x, along_y


def whole_stencil(v):
    """1 where the 3×3 neighbourhood, clipped at the border, is valid throughout."""
    return -F.max_pool2d(-F.pad(v, (1, 1, 1, 1), mode='replicate'), 3, stride=1)


def forward_differences(z):
    return z[..., :, 1:] - z[..., :, :-1], z[..., 1:, :] - z[..., :-1, :]


def valid_pairs(v):
    return v[..., :, 1:] * v[..., :, :-1], v[..., 1:, :] * v[..., :-1, :]


def grad(x, t, v, kernel='sobel', scales=1):
    total = 0
    for s in range(scales):
        e, valid = (z[..., :: 2**s, :: 2**s] for z in (error(x, t), v))
        slopes = sobel(e) if kernel == 'sobel' else forward_differences(e)
        masks = (whole_stencil(valid),) * 2 if kernel == 'sobel' else valid_pairs(valid)
        total = total + sum(pixel_mean(g.abs(), m) for g, m in zip(slopes, masks)) / 2
    return total


def gaussian_blur(z, window):
    offsets = torch.arange(window, dtype=z.dtype) - window // 2
    taps = torch.exp(-(offsets**2) / (2 * 1.5**2))
    taps = taps / taps.sum()
    r = window // 2
    padded = F.pad(z, (r, r, r, r), mode='reflect')
    return F.conv2d(F.conv2d(padded, taps.reshape(1, 1, 1, -1)), taps.reshape(1, 1, -1, 1))


def ssim(x, t, v, windows=(5, 11)):
    c1, c2 = 0.01**2, 0.03**2
    a, b = torch.sigmoid(x) * v, t * v
    total = 0
    for window in windows:
        mean_a, mean_b = gaussian_blur(a, window), gaussian_blur(b, window)
        var_a = (gaussian_blur(a * a, window) - mean_a**2).clamp(min=0)
        var_b = (gaussian_blur(b * b, window) - mean_b**2).clamp(min=0)
        covariance = gaussian_blur(a * b, window) - mean_a * mean_b
        similarity = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / (
            (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
        )
        total = total + pixel_mean(((1 - similarity) / 2).clamp(0, 1), v)
    return total


def silog(x, t, v, **options):
    settings = {'lambda': 0.85, 'eps': 1e-6, **options}
    g = torch.log(torch.sigmoid(x).clamp(min=1e-4)) - torch.log(t.clamp(min=1e-4))
    if v.sum() == 0:
        return (x * 0).sum()
    return torch.sqrt(pixel_mean(g**2, v) - settings['lambda'] * pixel_mean(g, v) ** 2 + settings['eps'])


def ssi(x, t, v):
    p = torch.sigmoid(x)
    n = v.sum((1, 2, 3), keepdim=True).clamp(min=1)

    def mean(z):
        return (z * v).sum((1, 2, 3), keepdim=True) / n

    dp, dt = p - mean(p), t - mean(t)
    scale = mean(dp * dt) / mean(dp**2).clamp(min=1e-8)
    return pixel_mean((scale * dp - dt).abs(), v)


def smoothness(x, t, v, image=None):
    slopes = forward_differences(torch.sigmoid(x))
    edges = forward_differences(image)
    return sum(
        pixel_mean(g.abs() * torch.exp(-i.abs().mean(1, keepdim=True)), m)
        for g, i, m in zip(slopes, edges, valid_pairs(v))
    )


def normals(x, t, v):
    px, py = sobel(torch.sigmoid(x))
    tx, ty = sobel(t)
    cosine = (1 + px * tx + py * ty) / torch.sqrt((1 + px**2 + py**2) * (1 + tx**2 + ty**2))
    return pixel_mean(1 - cosine, whole_stencil(v))


def rmse_ssim(x, t, v):
    return safe_sqrt(ssim(x, t, v)) + 4 * rmse(x, t, v)


def densedepth(x, t, v):
    return ssim(x, t, v, windows=(11,)) + grad(x, t, v, kernel='forward') + 0.1 * l1(x, t, v)
