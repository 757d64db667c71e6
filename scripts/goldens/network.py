"""resunet.json, resunet-gradients.safetensors, training.json, mobile-unet-state.*: whole networks, one step and more."""
from unittest import mock

import torch
from depth import rmse
from files import array, flat, write_json, write_safetensors
from models import MobileUNet, ResUNet, ResUNetWide, ResUNeXt
from segmentation import bce_dice
from stream import fill_parameters, scene_batch
from torch.nn import functional as F

WEIGHT_SEED, BATCH_SEED, EVALUATION_SEED = 1, 2, 3
STEPS = 20

# Seed, height and width of batches in whose step float32 takes every ReLU and every maximum of a pooling block as float64
# does. Those of mobile-unet are small: some of its channels hardly vary, and batch norm makes their rounding larger; with this
# one float32 has every gradient within 1e-4, with most it does not.
STEP_BATCHES = {
    ResUNet: (60, 32, 48),
    ResUNetWide: (29, 32, 48),
    ResUNeXt: (720, 32, 48),
    MobileUNet: (928, 16, 16),
}


def tensors(seed, count, height, width):
    return [torch.tensor(x, dtype=torch.float64) for x in scene_batch(seed, count, 6, height, width)]


def losses(model, image, mask, depth):
    """`(joint, segmentation, depth, logits)` with joint = (bce + 2·dice) + 2·rmse."""
    logits = model(image)
    valid = torch.ones_like(mask)
    segmentation_loss, depth_loss = bce_dice(logits[0], mask, valid), rmse(logits[1], depth, valid)
    return segmentation_loss + 2 * depth_loss, segmentation_loss, depth_loss, logits


def built(kind):
    model = kind(4, 6).double()
    fill_parameters(model, WEIGHT_SEED)
    return model.train()


def step_batch(kind):
    seed, height, width = STEP_BATCHES[kind]
    return tensors(seed, 2, height, width)


def kink_distances(kind, dtype):
    """How far each input of a ReLU is from 0, and each maximum of a pooling block from the next value."""
    relu, max_pool2d, distances = F.relu, F.max_pool2d, []

    def noted_relu(x):
        distances.append(x.double())
        return relu(x)

    def noted_pool(x, size):
        n, c, h, w = x.shape
        blocks = F.unfold(x.double().reshape(n * c, 1, h, w), size, stride=size)
        first, second = blocks.topk(2, dim=1).values.unbind(1)
        distances.append((first - second).reshape(n, c, h // size, w // size))
        return max_pool2d(x, size)

    with mock.patch.object(F, 'relu', noted_relu), mock.patch.object(F, 'max_pool2d', noted_pool), torch.no_grad():
        built(kind).to(dtype)(step_batch(kind)[0].to(dtype))
    return distances


def check_kinks(kind):
    """Raises ValueError unless every distance is several times what rounding changes anywhere in its channel."""
    for exact, rounded in zip(kink_distances(kind, torch.float64), kink_distances(kind, torch.float32)):
        error = (exact - rounded).abs().amax((0, 2, 3), keepdim=True)
        if (exact.abs() < 5 * error).any():
            raise ValueError(f'{kind.__name__}: rounding may cross a kink; choose another batch')


def one_step(kind):
    check_kinks(kind)
    seed, height, width = STEP_BATCHES[kind]
    bottom, right = height - 1, width - 1
    model, batch = built(kind), step_batch(kind)
    joint, segmentation_loss, depth_loss, logits = losses(model, *batch)
    joint.backward()
    samples = [
        {'output': name, 'index': [n, 0, i, j], 'value': output[n, 0, i, j].item()}
        for name, output in zip(('segmentation', 'depth'), logits)
        for n, i, j in (
            *((0, 0, 0), (0, bottom, right), (0, 13 * height // 32, 5 * width // 12)),
            *((1, 0, right), (1, bottom - 1, 1), (1, height // 2, width // 2)),
        )
    ]
    buffers = {
        name: [buffer.sum().item(), (buffer**2).sum().item()]
        for name, buffer in model.named_buffers()
        if not name.endswith('num_batches_tracked')
    }
    evaluation = losses(model.eval(), *batch)[0]
    return model, {
        'width': 4,
        'shape': [2, 6, height, width],
        'weightSeed': WEIGHT_SEED,
        'batchSeed': seed,
        'parameters': sum(p.numel() for p in model.parameters()),
        'loss': {'joint': joint.item(), 'segmentation': segmentation_loss.item(), 'depth': depth_loss.item()},
        'evaluationLoss': evaluation.item(),
        'samples': samples,
        'buffers': buffers,
    }


def summary(model):
    return {
        name: {'norm': p.grad.norm().item(), 'first': flat(p.grad)[:4]} for name, p in model.named_parameters()
    }


def train(name, max_lr, count):
    """Loss and learning rate of each step, and the loss of one batch in evaluation mode after the last."""
    model, shape = built(ResUNet), (count, 32, 48)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.01, foreach=False)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=max_lr, total_steps=STEPS, cycle_momentum=False
    )
    curve, rates = [], []
    for step in range(STEPS):
        loss = losses(model, *tensors(100 + step, *shape))[0]
        optimizer.zero_grad()
        loss.backward()
        rates.append(optimizer.param_groups[0]['lr'])
        curve.append(loss.item())
        optimizer.step()
        if step < STEPS - 1:
            schedule.step()
    with torch.no_grad():
        final = losses(model.eval(), *tensors(EVALUATION_SEED, *shape))[0].item()
    return {
        'name': name,
        'width': 4,
        'shape': [count, 6, 32, 48],
        'weightSeed': WEIGHT_SEED,
        'batchSeeds': [100 + step for step in range(STEPS)],
        'evaluationSeed': EVALUATION_SEED,
        'maxLr': max_lr,
        'loss': curve,
        'learningRate': rates,
        'evaluationLoss': final,
    }


def state_dict():
    """A state dict as PyTorch saves it, after one step in training mode, and what it computes in evaluation mode."""
    model = MobileUNet(1, 3).double()
    fill_parameters(model, WEIGHT_SEED)
    image = tensors(BATCH_SEED, 2, 32, 32)[0][:, 3:]
    with torch.no_grad():
        model.train()(image)
        state = {f'module.{name}': tensor for name, tensor in model.float().state_dict().items()}
        write_safetensors('mobile-unet-state.safetensors', state)
        outputs = [torch.sigmoid(logits) for logits in model.double().eval()(image)]
    write_json(
        'mobile-unet-state.json',
        {
            'model': 'mobile-unet',
            'width': 1,
            'batchSeed': BATCH_SEED,
            'shape': [2, 6, 32, 32],
            **{name: array(output) for name, output in zip(('mask', 'depth'), outputs)},
        },
    )


def generate():
    state_dict()
    model, resunet = one_step(ResUNet)
    write_safetensors('resunet-gradients.safetensors', {n: p.grad for n, p in model.named_parameters()})
    others = {'resunet-wide': ResUNetWide, 'resunext': ResUNeXt, 'mobile-unet': MobileUNet}
    steps = {name: one_step(kind) for name, kind in others.items()}
    summaries = {name: {**step, 'gradients': summary(model)} for name, (model, step) in steps.items()}
    write_json('resunet.json', {'resunet': resunet, **summaries})
    write_json('training.json', [train('gentle', 0.002, 8), train('fast', 0.02, 4)])
