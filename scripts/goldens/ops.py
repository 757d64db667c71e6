"""ops.json: output and gradients of each op of the graph, in PyTorch, for inputs without ties unless said otherwise."""
import numpy as np
import torch
from files import array, flat, write_json
from stream import Stream
from torch.nn import functional as F

stream = Stream(11)


def values(*shape, low=-2.0, high=2.0):
    """Multiples of 1/64 in [low, high)."""
    u = stream.take(*shape)
    return torch.tensor(np.floor((low + (high - low) * u) * 64) / 64 + 1 / 128, dtype=torch.float64)


def positive(*shape):
    return values(*shape, low=0.25, high=3)


def case(op, function, inputs, attributes=None, fixed=(), extra=None):
    """`fixed` are the indices of inputs without gradient; `None` means that none has one."""
    differentiable = [] if fixed is None else [i for i in range(len(inputs)) if i not in fixed]
    for i in differentiable:
        inputs[i] = inputs[i].clone().requires_grad_()
    output = function(*inputs)
    cotangent = values(*output.shape)
    gradients = [None] * len(inputs)
    if differentiable:
        found = torch.autograd.grad(output, [inputs[i] for i in differentiable], cotangent)
        for i, gradient in zip(differentiable, found):
            gradients[i] = array(gradient)
    return {
        'op': op,
        'attributes': attributes or {},
        'inputs': [array(x) for x in inputs],
        'cotangent': array(cotangent),
        'output': array(output),
        'gradients': gradients,
        **(extra or {}),
    }


def elementwise():
    shapes = [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (3, 1)), ((4,), (2, 1, 4)), ((2, 1, 3), (4, 1)), ((2, 3), ())]
    for a, b in shapes:
        for name, function in (
            ('add', torch.add),
            ('sub', torch.sub),
            ('mul', torch.mul),
            ('maximum', torch.maximum),
            ('minimum', torch.minimum),
        ):
            yield case(name, function, [values(*a), values(*b, low=-1.9921875, high=2) + 1 / 128])
        yield case('div', torch.div, [values(*a), positive(*b)])
        yield case('div', torch.div, [values(*a), -positive(*b)])
    unary = {
        'neg': torch.neg,
        'exp': torch.exp,
        'abs': torch.abs,
        'sigmoid': torch.sigmoid,
        'relu': torch.relu,
        'softplus': lambda x: F.softplus(x, threshold=30),
        'square': torch.square,
    }
    for name, function in unary.items():
        x = values(2, 3, 5, low=-4, high=4)
        if name in ('abs', 'relu'):
            x[0, 0, 0] = 0
        yield case(name, function, [x])
    extremes = torch.tensor([-1e4, -100, -30, -10, -1, 1, 10, 30, 100, 1e4], dtype=torch.float64)
    for name in ('sigmoid', 'softplus', 'relu', 'abs'):
        yield case(name, unary[name], [extremes.clone()])
    yield case('log', torch.log, [positive(3, 7)])
    yield case('sqrt', torch.sqrt, [positive(3, 7)])
    for low, high in ((-1, 1), (-0.5, None), (0, 0.5)):
        x = values(4, 6)
        # On the bounds the gradient passes.
        x[0, 0], x[0, 1] = low, low if high is None else high
        attributes = {'min': low, **({} if high is None else {'max': high})}
        yield case('clamp', lambda z: torch.clamp(z, low, high), [x], attributes)
    condition = (stream.take(2, 3, 4) < 0.5).astype(np.float64)
    for a, b in (((2, 3, 4), (2, 3, 4)), ((4,), (3, 1)), ((), (2, 3, 4))):
        yield case(
            'where',
            lambda c, x, y: torch.where(c > 0, x, y),
            [torch.tensor(condition), values(*a), values(*b)],
            fixed=(0,),
        )


def reductions():
    for axes in ([0], [1, 2], [-1], [0, 1, 2]):
        for keep in (False, True):
            attributes = {'axes': axes, 'keepDims': keep}
            yield case('sum', lambda x: x.sum(axes, keepdim=keep), [values(2, 3, 4)], attributes)
            yield case('mean', lambda x: x.mean(axes, keepdim=keep), [values(2, 3, 4)], attributes)
            yield case('max', lambda x: x.amax(axes, keepdim=keep), [values(2, 3, 4)], attributes)
    tied = torch.tensor([[1.0, 2, 2], [3, 0, 3], [4, 4, 4]], dtype=torch.float64)
    attributes = {'axes': [1], 'keepDims': False}
    yield case('max', lambda x: x.amax(1), [tied], attributes)


def pad_axis(x, axis, before, after, mode):
    """Padding of one axis by index, with PyTorch's meaning of replicate and reflect."""
    n = x.shape[axis]
    index = torch.arange(-before, n + after)
    if mode == 'edge':
        index = index.clamp(0, n - 1)
    else:
        index = index.abs()
        index = torch.where(index >= n, 2 * (n - 1) - index, index)
    return x.index_select(axis, index)


def pad(x, before, after, mode):
    if mode == 'constant':
        return F.pad(x, [n for pair in zip(reversed(before), reversed(after)) for n in pair])
    for axis in range(x.dim()):
        x = pad_axis(x, axis, before[axis], after[axis], mode)
    return x


def shaping():
    yield case('reshape', lambda x: x.reshape(4, 6), [values(2, 3, 4)], {'shape': [4, 6]})
    yield case('reshape', lambda x: x.reshape(()), [values(1, 1)], {'shape': []})
    for permutation in ([1, 0], [2, 0, 1], [0, 3, 1, 2]):
        shape = [2, 3, 4, 5][: len(permutation)]
        yield case(
            'transpose', lambda x: x.permute(permutation), [values(*shape)], {'permutation': permutation}
        )
    for axis, start, end in ((0, 1, 2), (1, 0, 2), (2, 1, 4)):
        yield case(
            'slice',
            lambda x: x.narrow(axis, start, end - start),
            [values(3, 3, 5)],
            {'axis': axis, 'start': start, 'end': end},
        )
    yield case('concat', lambda *x: torch.cat(x, 1), [values(2, 1, 3), values(2, 3, 3), values(2, 2, 3)], {'axis': 1})
    yield case('concat', lambda *x: torch.cat(x, 0), [values(2, 4), values(1, 4)], {'axis': 0})
    for shape, target in (((3, 1), (2, 3, 4)), ((1, 2, 1, 1), (3, 2, 2, 4)), ((), (2, 2))):
        yield case('expand', lambda x: x.expand(target), [values(*shape)], {'shape': list(target)})
    for before, after, mode in (
        ([0, 0, 1, 2], [0, 0, 3, 0], 'constant'),
        ([0, 0, -1, 2], [0, 1, 2, -3], 'constant'),
        ([0, 0, 1, 2], [0, 0, 3, 1], 'edge'),
        ([0, 0, 3, 2], [0, 0, 1, 4], 'reflect'),
    ):
        attributes = {'before': before, 'after': after, 'mode': mode}
        yield case('pad', lambda x: pad(x, before, after, mode), [values(1, 2, 4, 5)], attributes)


def matrices():
    for a, b in (
        ((3, 4), (4, 5)),
        ((2, 3, 4), (2, 4, 5)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((2, 1, 3, 4), (3, 4, 2)),
        ((1, 6), (6, 1)),
    ):
        yield case('matMul', torch.matmul, [values(*a), values(*b)])


def networks():
    for (n, c, h, w), k, kernel, padding in (
        ((2, 3, 5, 7), 4, (3, 3), (1, 1)),
        ((1, 2, 6, 4), 3, (3, 3), (0, 0)),
        ((2, 4, 3, 5), 5, (1, 1), (0, 0)),
        ((1, 2, 7, 6), 2, (5, 5), (2, 2)),
        ((2, 1, 6, 8), 2, (5, 5), (0, 0)),
        ((1, 2, 5, 6), 2, (3, 5), (1, 2)),
        ((1, 1, 4, 6), 2, (1, 3), (0, 1)),
        ((2, 16, 4, 6), 16, (3, 3), (1, 1)),
    ):
        yield case(
            'conv2d',
            lambda x, weight: F.conv2d(x, weight, padding=padding),
            [values(n, c, h, w), values(k, c, *kernel, low=-0.5, high=0.5)],
            {'padding': list(padding)},
        )
    x = values(2, 3, 4, 6)
    # At a tie the first of a block takes the gradient.
    x[0, 0, :2, :2] = 1
    x[0, 1, 1, 0:2] = 3
    yield case('maxPool2x2', lambda z: F.max_pool2d(z, 2), [x])
    yield case('pixelShuffle', lambda z: F.pixel_shuffle(z, 2), [values(2, 8, 3, 2)])
    yield case('pixelUnshuffle', lambda z: F.pixel_unshuffle(z, 2), [values(2, 2, 4, 6)])
    for shape, epsilon in (((2, 3, 4, 5), 1e-5), ((4, 2, 3, 3), 1e-5), ((2, 2, 3, 4), 0.1)):
        inputs = [values(*shape) + 1, values(shape[1], low=0.5, high=1.5), values(shape[1])]
        statistics = {
            'mean': flat(inputs[0].mean((0, 2, 3))),
            'variance': flat(inputs[0].var((0, 2, 3), unbiased=False)),
        }
        yield case(
            'batchNormTrain',
            lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True, eps=epsilon),
            inputs,
            {'epsilon': epsilon},
            extra=statistics,
        )
        yield case(
            'batchNormEval',
            lambda x, weight, bias, mean, variance: F.batch_norm(x, mean, variance, weight, bias, eps=epsilon),
            [*[z.detach() for z in inputs], values(shape[1]), positive(shape[1])],
            {'epsilon': epsilon},
            fixed=None,
        )


def generate():
    stream.state = 11
    write_json('ops.json', [*elementwise(), *reductions(), *shaping(), *matrices(), *networks()])
