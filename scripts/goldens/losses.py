"""losses.json: value and gradient of every loss, on ordinary and on degenerate batches."""
import depth
import numpy as np
import segmentation
import torch
from files import flat, write_json
from stream import Stream


def quantised(values, steps):
    """Multiples of 1/steps: exact in float32 and short in JSON."""
    return np.round(values * steps) / steps


def blocks(stream, shape):
    """A binary mask with two rectangles an image."""
    mask = np.zeros(shape)
    n, _, h, w = shape
    for i in range(n):
        for _ in range(2):
            top, left = int(stream.next() * h * 0.7), int(stream.next() * w * 0.7)
            mask[i, 0, top : top + 1 + int(stream.next() * h / 2), left : left + 1 + int(stream.next() * w / 2)] = 1
    return mask


def holes(stream, shape):
    """A valid map with about a quarter missing, in rectangles and single pixels."""
    return (1 - blocks(stream, shape)) * (stream.take(*shape) > 0.05)


def smooth_depth(stream, shape):
    """A slanted plane with steps at blocks and a little noise, between 0 and 1."""
    n, _, h, w = shape
    rows, columns = np.arange(h)[:, None] / h, np.arange(w)[None, :] / w
    plane = np.stack([[0.15 + 0.4 * (stream.next() * rows + stream.next() * columns)] for _ in range(n)])
    return quantised(plane + 0.25 * blocks(stream, shape) + 0.05 * stream.take(*shape), 64)


def distinct_logits(count, size):
    """`count` logits up to ±size in mixed order, all of different size, so that no two hinge errors 1 ∓ x are equal."""
    order = (np.arange(count) * 37) % count if count % 37 else np.arange(count)
    steps = 128 if size < 100 else 2
    return np.where(order % 2, 1, -1) * (np.floor(order / count * size * steps) + 0.5) / steps


def signed_distance(mask):
    """Distance in pixels to the mask, and minus the distance to the outside less one within it; 0 for one class only."""
    result = np.zeros(mask.shape)
    for n, image in enumerate(mask[:, 0]):
        inside, outside = np.argwhere(image > 0), np.argwhere(image == 0)
        if len(inside) == 0 or len(outside) == 0:
            continue
        for i, j in np.ndindex(*image.shape):
            others = outside if image[i, j] else inside
            nearest = np.sqrt(((others - [i, j]) ** 2).sum(1).min())
            result[n, 0, i, j] = 1 - nearest if image[i, j] else nearest
    return np.round(result.astype(np.float32).astype(np.float64) * 64) / 64


def degenerate_valid(shape):
    """All images whole but the last two: one valid pixel, and none."""
    valid = np.ones(shape)
    valid[-2:] = 0
    valid[-2, 0, 2, 3] = 1
    return valid


def batch(task, kind, shape, seed):
    """Inputs `{logits, target, valid, image, distance}` of one kind of batch."""
    stream = Stream(seed)
    segmenting = task == 'segmentation'
    logits = quantised(8 * stream.take(*shape) - 4, 64)
    target = blocks(stream, shape) if segmenting else smooth_depth(stream, shape)
    valid = None
    if kind == 'holes':
        valid = holes(stream, shape)
        if not segmenting:
            target = target * valid
    if kind == 'soft':
        target = quantised(0.8 * target + 0.2 * stream.take(*shape), 64)
    if kind == 'degenerate':
        # Empty target, full target, ordinary, one valid pixel, no valid pixel.
        target[0], target[1] = 0, 1
        valid = degenerate_valid(shape)
    if kind == 'extreme':
        signs = np.where(stream.take(*shape) < 0.5, -1, 1)
        logits = np.where(stream.take(*shape) < 0.5, 1e4 * signs, logits)
    if kind == 'close':
        near = np.clip(target + 0.03 * (stream.take(*shape) - 0.5), 0.02, 0.98)
        logits = quantised(np.log(near / (1 - near)), 64)
    if kind == 'invalid':
        valid = np.zeros(shape)
    return {
        'logits': logits,
        'target': target,
        'valid': valid,
        'image': quantised(stream.take(shape[0], 3, *shape[2:]), 64),
        'distance': signed_distance(target) if segmenting and kind != 'soft' else None,
    }


def text(name, options):
    def value(option):
        if isinstance(option, bool):
            return str(option).lower()
        return f'[{", ".join(map(str, option))}]' if isinstance(option, (list, tuple)) else str(option)

    return name + (f'({", ".join(f"{k}={value(v)}" for k, v in options.items())})' if options else '')


def case(task, expression, function, kind, inputs, extra=()):
    tensors = {k: None if v is None else torch.tensor(v, dtype=torch.float64) for k, v in inputs.items()}
    logits = tensors['logits'].requires_grad_()
    valid = torch.ones_like(logits) if tensors['valid'] is None else tensors['valid']
    value = function(logits, tensors['target'], valid.detach(), **{name: tensors[name] for name in extra})
    (gradient,) = torch.autograd.grad(value, logits)
    return {
        'task': task,
        'loss': expression,
        'case': kind,
        'shape': list(logits.shape),
        'logits': flat(logits),
        'target': flat(inputs['target']),
        'valid': None if inputs['valid'] is None else flat(inputs['valid']),
        **{name: flat(inputs[name]) for name in extra},
        'value': value.item(),
        'gradient': flat(gradient),
    }


SEGMENTATION = {
    'bce': [{}, {'posWeight': 2.5}, {'labelSmoothing': 0.1}, {'posWeight': 0.5, 'labelSmoothing': 0.2}],
    'dice': [
        {},
        {'smooth': 1},
        {'eps': 0.5},
        {'pool': 'batch'},
        {'squared': True},
        {'logCosh': True},
        {'smooth': 0.5, 'pool': 'batch', 'squared': True, 'logCosh': True},
    ],
    'tversky': [
        {},
        {'alpha': 0.6, 'beta': 0.5},
        {'alpha': 0.5, 'beta': 0.6},
        {'smooth': 1},
        {'eps': 0.5},
        {'pool': 'batch'},
        {'gamma': 0.75},
        {'gamma': 2, 'pool': 'batch', 'smooth': 0.5},
    ],
    'jaccard': [{}, {'smooth': 1}, {'eps': 0.5}, {'pool': 'batch'}],
    'focal': [{}, {'alpha': 0.75}, {'gamma': 0}, {'gamma': 1.5}, {'alpha': 0.5, 'gamma': 5}],
    'lovasz': [{}],
    'boundary': [{}],
    'mcc': [{}, {'eps': 0.5}],
    'bce-dice': [{}],
    'bce-tversky': [{}],
}

DEPTH = {
    'bce': [{}, {'posWeight': 2.5}, {'labelSmoothing': 0.1}],
    'rmse': [{}, {'pool': 'image'}, {'eps': 0.01}],
    'l1': [{}],
    'mse': [{}],
    'huber': [{}, {'delta': 0.3}],
    'charbonnier': [{}, {'eps': 0.1}],
    'berhu': [{}, {'threshold': 0.5}],
    'grad': [{}, {'kernel': 'forward'}, {'scales': 3}, {'kernel': 'forward', 'scales': 3}],
    'ssim': [{}, {'windows': [11]}, {'windows': [5]}, {'windows': [3, 7]}],
    'silog': [{}, {'lambda': 0.5}, {'lambda': 1}, {'eps': 0.01}],
    'ssi': [{}],
    'smoothness': [{}],
    'normals': [{}],
    'rmse-ssim': [{}],
    'densedepth': [{}],
}

COMPOSED = [
    ('segmentation', '0.5*(bce + dice(smooth=1))', lambda *a: 0.5 * (segmentation.bce(*a) + segmentation.dice(*a, smooth=1))),
    ('segmentation', 'bce + log(1 + dice)', lambda *a: segmentation.bce(*a) + torch.log(1 + segmentation.dice(*a))),
    ('depth', 'sqrt(mse) + 0.5*grad*l1', lambda *a: depth.safe_sqrt(depth.mse(*a)) + 0.5 * depth.grad(*a) * depth.l1(*a)),
]

EXTRA = {'boundary': ('distance',), 'smoothness': ('image',)}
BINARY = ('lovasz', 'boundary')
LARGE = ('grad', 'ssim', 'rmse-ssim', 'densedepth')


def cases_of(task, module, name, options_list):
    function = getattr(module, name.replace('-', '_'))
    extra = EXTRA.get(name, ())
    shape = (2, 1, 16, 20) if name in LARGE else (3, 1, 9, 12)
    degenerate = {'degenerate': (5, 1, 6, 7)}
    special = {**degenerate, 'extreme': (2, 1, 8, 7), 'invalid': (2, 1, 6, 6)}
    if task == 'depth':
        special['close'] = (2, 1, 12, 9)
    elif name not in BINARY:
        special['soft'] = (2, 1, 5, 8)
    for index, options in enumerate(options_list):
        pooled = 'smooth' in options or 'pool' in options
        shapes = {'plain': shape, 'holes': shape, **(special if index == 0 else degenerate if pooled else {})}
        for seed, (kind, size) in enumerate(shapes.items()):
            inputs = batch(task, kind, size, 100 * (1 + seed) + (7 if task == 'depth' else 0))
            if name == 'lovasz':
                inputs['logits'] = distinct_logits(inputs['logits'].size, 1e4 if kind == 'extreme' else 4).reshape(size)
            yield case(
                task, text(name, options), lambda *a, **k: function(*a, **k, **options), kind, inputs, extra
            )


def generate():
    cases = []
    for task, module, table in (('segmentation', segmentation, SEGMENTATION), ('depth', depth, DEPTH)):
        for name, options_list in table.items():
            cases.extend(cases_of(task, module, name, options_list))
    for task, expression, function in COMPOSED:
        for seed, kind in enumerate(('plain', 'holes', 'invalid')):
            shape = (2, 1, 6, 7)
            cases.append(case(task, expression, function, kind, batch(task, kind, shape, 900 + seed)))
    write_json('losses.json', cases)
