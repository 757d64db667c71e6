"""Segmentation losses straight from their definitions: logits x, target t and valid map v, all [N, 1, H, W] float64."""
import torch
from torch.nn.functional import softplus


def pixel_mean(value, valid):
    """Mean over valid pixels; 0 where there is none."""
    return (value * valid).sum() / valid.sum().clamp(min=1)


def image_sums(value, valid, pool):
    """Σ over the valid pixels of each image `[N]`, or of the batch `[1]`."""
    sums = (value * valid).sum((1, 2, 3))
    return sums if pool == 'image' else sums.sum().reshape(1)


def image_mean(value, valid, pool):
    """Mean over the images (or the batch) that have a valid pixel; 0 where none has."""
    present = (image_sums(torch.ones_like(valid), valid, pool) > 0).double()
    return (torch.where(present > 0, value, torch.zeros_like(value))).sum() / present.sum().clamp(min=1)


def bce_map(x, t, posWeight=1.0, labelSmoothing=0.0):
    t = t * (1 - labelSmoothing) + labelSmoothing / 2
    minus_log_p, minus_log_q = softplus(-x, threshold=30), softplus(x, threshold=30)
    return posWeight * t * minus_log_p + (1 - t) * minus_log_q


def bce(x, t, v, **options):
    return pixel_mean(bce_map(x, t, **options), v)


def dice(x, t, v, smooth=0.0, eps=1e-6, pool='image', squared=False, logCosh=False):
    p = torch.sigmoid(x)
    intersection = image_sums(p * t, v, pool)
    total = image_sums(p**2 + t**2 if squared else p + t, v, pool)
    value = 1 - (2 * intersection + smooth) / (total + smooth + eps)
    if logCosh:
        value = torch.log(torch.cosh(value))
    return image_mean(value, v, pool)


def soft_counts(x, t, v, pool):
    p = torch.sigmoid(x)
    q = torch.sigmoid(-x)
    return [image_sums(m, v, pool) for m in (p * t, p * (1 - t), q * t, q * (1 - t))]


def tversky(x, t, v, alpha=0.3, beta=0.7, smooth=0.0, eps=1e-6, pool='image', gamma=1.0):
    tp, fp, fn, _ = soft_counts(x, t, v, pool)
    value = 1 - (tp + smooth) / (tp + alpha * fp + beta * fn + smooth + eps)
    return image_mean(value**gamma, v, pool)


def jaccard(x, t, v, smooth=0.0, eps=1e-6, pool='image'):
    p = torch.sigmoid(x)
    intersection = image_sums(p * t, v, pool)
    union = image_sums(p + t, v, pool) - intersection
    return image_mean(1 - (intersection + smooth) / (union + smooth + eps), v, pool)


def focal(x, t, v, alpha=0.25, gamma=2.0):
    p = torch.sigmoid(x)
    q = torch.sigmoid(-x)
    weight = alpha * t + (1 - alpha) * (1 - t)
    return pixel_mean(weight * (q * t + p * (1 - t)) ** gamma * bce_map(x, t), v)


def lovasz(x, t, v):
    """The hinge of Berman's reference code, image by image; t is binary."""
    losses = []
    for logits, labels, valid in zip(x, t, v):
        keep = valid.flatten() > 0
        if not keep.any():
            continue
        logits, labels = logits.flatten()[keep], labels.flatten()[keep]
        errors, order = torch.sort(1 - logits * (2 * labels - 1), descending=True)
        labels = labels[order]
        intersection = labels.sum() - labels.cumsum(0)
        union = labels.sum() + (1 - labels).cumsum(0)
        jaccard_loss = 1 - intersection / union
        steps = torch.cat([jaccard_loss[:1], jaccard_loss[1:] - jaccard_loss[:-1]])
        losses.append((errors.clamp(min=0) * steps).sum())
    return torch.stack(losses).mean() if losses else (x * 0).sum()


def boundary(x, t, v, distance=None):
    return pixel_mean(torch.sigmoid(x) * distance, v)


def mcc(x, t, v, eps=1e-5, pool='image'):
    tp, fp, fn, tn = [count + eps for count in soft_counts(x, t, v, pool)]
    root = torch.sqrt(tp + fp) * torch.sqrt(tp + fn) * torch.sqrt(tn + fp) * torch.sqrt(tn + fn)
    return image_mean(1 - (tp * tn - fp * fn) / root, v, pool)


def bce_dice(x, t, v):
    return bce(x, t, v) + 2 * dice(x, t, v)


def bce_tversky(x, t, v):
    return bce(x, t, v) + 2 * tversky(x, t, v, alpha=0.6, beta=0.5)
