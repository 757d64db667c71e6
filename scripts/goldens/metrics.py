"""metrics.json: every metric on small batches, written out in NumPy image by image."""
import numpy as np
from files import flat, write_json
from losses import blocks, holes, quantised, smooth_depth
from stream import Stream


def ratio(part, whole, empty):
    return part / whole if whole > 0 else empty


def mask_counts(p, t):
    predicted, truth = p > 0.5, t > 0.5
    return [
        int(np.sum(a & b))
        for a, b in ((predicted, truth), (predicted, ~truth), (~predicted, truth), (~predicted, ~truth))
    ]


def iou(tp, fp, fn, _):
    return ratio(tp, tp + fp + fn, 1)


def dice(tp, fp, fn, _):
    return ratio(2 * tp, 2 * tp + fp + fn, 1)


def precision(tp, fp, fn, _):
    return ratio(tp, tp + fp, 1 if fn == 0 else 0)


def recall(tp, fp, fn, _):
    return ratio(tp, tp + fn, 1 if fp == 0 else 0)


def boundary(mask):
    """Coordinates of foreground pixels with a side on something else; beyond the image nothing is foreground."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(mask & ~inner)


def boundary_f1(p, t, valid):
    p, t = boundary((p > 0.5) & valid), boundary((t > 0.5) & valid)
    if len(p) == 0 or len(t) == 0:
        return float(len(p) == len(t))
    distances = np.linalg.norm(p[:, None] - t[None], axis=2)
    exact, found = np.mean(distances.min(1) <= 2), np.mean(distances.min(0) <= 2)
    return 2 * exact * found / (exact + found) if exact + found > 0 else 0.0


def aligned_residual(p, t):
    """Residual of the least-squares scale and shift of p to t."""
    design = np.stack([p, np.ones_like(p)], 1)
    return design @ np.linalg.lstsq(design, t, rcond=None)[0] - t


def valid_images(batch, prediction, target, valid):
    """`(p, t)` of the valid pixels of each image that has any."""
    for p, t, v in zip(batch[prediction], batch[target], batch[valid]):
        if v.any():
            yield p[v > 0], t[v > 0]


def mask_metrics(batches):
    per_batch = [list(valid_images(b, 'segmentation', 'mask', 'maskValid')) for b in batches]
    counts = np.array([mask_counts(p, t) for images in per_batch for p, t in images])
    published = []
    for images in filter(None, per_batch):
        p, t = (np.concatenate(x) for x in zip(*images))
        published.append(np.sum(p * t) / (np.sum(p) + np.sum(t) + 1e-6))
    boundaries = [
        boundary_f1(p[0], t[0], v[0] > 0)
        for b in batches
        for p, t, v in zip(b['segmentation'], b['mask'], b['maskValid'])
        if v.any()
    ]
    tp, fp, fn, tn = counts.sum(0)
    return {
        'miou': np.mean([iou(*c) for c in counts]),
        'iou': iou(tp, fp, fn, tn),
        'dice': np.mean([dice(*c) for c in counts]),
        'precision': np.mean([precision(*c) for c in counts]),
        'recall': np.mean([recall(*c) for c in counts]),
        'accuracy': (tp + tn) / counts.sum(),
        'boundaryF1': np.mean(boundaries),
        'publishedMiou': np.mean(published),
    }


def depth_metrics(batches, max_depth):
    per_batch = [list(valid_images(b, 'depth', 'depthTarget', 'depthValid')) for b in batches]
    images = [image for batch in per_batch for image in batch]
    p, t = (np.concatenate(x) for x in zip(*images))
    error = p - t
    ratios = np.maximum(p / t, t / p)
    logs = [np.log(a) - np.log(b) for a, b in images]
    log_errors = np.concatenate(logs)
    centred = np.concatenate([g - g.mean() for g in logs])
    residuals = np.concatenate([aligned_residual(*image) for image in images])
    published = []
    for batch in filter(None, per_batch):
        e = np.concatenate([a - b for a, b in batch])
        published.append(np.sqrt(np.mean(e**2) + 1e-6))
    rmse = np.sqrt(np.mean(error**2))
    return {
        'mrmse': rmse,
        'rmseMetres': rmse * max_depth,
        'mae': np.mean(np.abs(error)),
        'absRel': np.mean(np.abs(error) / t),
        'sqRel': np.mean(error**2 / t),
        'rmseLog': np.sqrt(np.mean(log_errors**2)),
        'log10': np.mean(np.abs(np.log10(p) - np.log10(t))),
        'silog': np.sqrt(np.mean(centred**2)),
        **{f'delta{k}': np.mean(ratios < 1.25**k) for k in (1, 2, 3)},
        'alignedRmse': np.sqrt(np.mean(residuals**2)),
        'publishedMrmse': np.mean(published),
    }


def make_batch(stream, kind):
    shape = (3, 1, 7, 10)
    mask, target = blocks(stream, shape), smooth_depth(stream, shape) + 1 / 16
    close = 0.4 * mask + 0.6 * stream.take(*shape)
    batch = {
        # Odd multiples of 1/128: never on the threshold 0.5.
        'segmentation': (np.floor(close * 64) + 0.5) / 64,
        'mask': mask,
        'maskValid': holes(stream, shape) if kind != 'whole' else np.ones(shape),
        'depth': quantised(0.7 * target + 0.05 + 0.15 * stream.take(*shape), 64) + 1 / 128,
        'depthTarget': target,
        'depthValid': holes(stream, shape) if kind != 'whole' else np.ones(shape),
    }
    if kind == 'empty':
        # Empty and empty, prediction only, target only.
        batch['maskValid'][:] = 1
        batch['segmentation'][0], batch['mask'][0] = 1 / 128, 0
        batch['mask'][1] = 0
        batch['segmentation'][2], batch['mask'][2, 0, :2, :3] = 1 / 128, 1
    if kind == 'invalid':
        batch['maskValid'][1] = 0
        batch['depthValid'][2] = 0
    return batch


def generate():
    cases = []
    for seed, (name, kinds) in enumerate(
        {'whole': ['whole'], 'holes': ['holes', 'holes'], 'empty': ['empty'], 'mixed': ['whole', 'empty', 'invalid']}.items()
    ):
        stream = Stream(300 + seed)
        batches = [make_batch(stream, kind) for kind in kinds]
        metrics = {**mask_metrics(batches), **depth_metrics(batches, 10)}
        cases.append(
            {
                'name': name,
                'maxDepth': 10,
                'shape': [3, 1, 7, 10],
                'batches': [{key: flat(value) for key, value in b.items()} for b in batches],
                'metrics': {key: float(value) for key, value in metrics.items()},
            }
        )
    write_json('metrics.json', cases)
