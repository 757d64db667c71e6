"""optimizers.json and schedules.json: PyTorch's optimizers on a small quadratic, and its schedules step by step."""
import torch
from files import flat, write_json

INITIAL = [[1.0, -2.0, 0.5], [3.0, -0.25, 0.0, 1.5]]
CURVATURE = [[1.0, 10.0, 0.125], [2.0, 0.5, 1.0, 40.0]]
TARGET = [[0.0, 1.0, -1.0], [2.5, -0.25, 1.0, -0.5]]
STEPS = 6

OPTIMIZERS = [
    ('adamw', torch.optim.AdamW, {'lr': 0.1}),
    ('adamw', torch.optim.AdamW, {'lr': 0.01, 'weightDecay': 0.1, 'beta1': 0.8, 'beta2': 0.99, 'eps': 1e-3}),
    ('adam', torch.optim.Adam, {'lr': 0.1}),
    ('adam', torch.optim.Adam, {'lr': 0.05, 'weightDecay': 0.1}),
    ('sgd', torch.optim.SGD, {'lr': 0.02}),
    ('sgd', torch.optim.SGD, {'lr': 0.02, 'momentum': 0.9}),
    ('sgd', torch.optim.SGD, {'lr': 0.02, 'momentum': 0.9, 'weightDecay': 0.1}),
]
DEFAULTS = {
    'adamw': {'beta1': 0.9, 'beta2': 0.999, 'eps': 1e-8, 'weightDecay': 0.01},
    'adam': {'beta1': 0.9, 'beta2': 0.999, 'eps': 1e-8, 'weightDecay': 0.0},
    'sgd': {'momentum': 0.0, 'weightDecay': 0.0},
}


def keywords(options):
    """PyTorch's names of our options."""
    result = {'lr': options['lr'], 'weight_decay': options['weightDecay'], 'foreach': False}
    if 'momentum' in options:
        return {**result, 'momentum': options['momentum'], 'nesterov': False}
    return {**result, 'betas': (options['beta1'], options['beta2']), 'eps': options['eps']}


def run(name, kind, options, clip):
    options = {**options, **{k: v for k, v in DEFAULTS[name].items() if k not in options}}
    parameters = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in INITIAL]
    optimizer = kind(parameters, **keywords(options))
    steps = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = sum(
            (0.5 * torch.tensor(c, dtype=torch.float64) * (p - torch.tensor(t, dtype=torch.float64)) ** 2).sum()
            for p, c, t in zip(parameters, CURVATURE, TARGET)
        )
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, clip or float('inf')).item()
        optimizer.step()
        steps.append({'loss': loss.item(), 'gradientNorm': norm, 'parameters': [flat(p) for p in parameters]})
    return {'optimizer': name, 'options': options, 'clipNorm': clip, 'steps': steps}


def rates(make, count):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.05)
    schedule = make(optimizer)
    result = []
    for step in range(count):
        result.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        if step < count - 1:
            schedule.step()
    return result


def one_cycle(total, max_lr=0.02, pct=0.3, div=25.0, final=1e4):
    return {
        'schedule': 'one-cycle',
        'options': {'maxLr': max_lr, 'pctStart': pct, 'divFactor': div, 'finalDivFactor': final},
        'totalSteps': total,
        'learningRate': rates(
            lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
                optimizer,
                max_lr=max_lr,
                total_steps=total,
                pct_start=pct,
                div_factor=div,
                final_div_factor=final,
                cycle_momentum=False,
            ),
            total,
        ),
    }


def cosine(total, minimum):
    return {
        'schedule': 'cosine',
        'options': {'lr': 0.05, 'minLr': minimum},
        'totalSteps': total,
        'learningRate': rates(
            lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=total, eta_min=minimum),
            total + 1,
        ),
    }


def generate():
    cases = [run(name, kind, options, clip) for name, kind, options in OPTIMIZERS for clip in (None, 5.0)]
    problem = {'initial': INITIAL, 'curvature': CURVATURE, 'target': TARGET}
    write_json('optimizers.json', {'problem': problem, 'cases': cases})
    write_json(
        'schedules.json',
        [
            one_cycle(20),
            one_cycle(7),
            one_cycle(30, pct=0.1, div=10.0, final=100.0),
            one_cycle(25, max_lr=0.3, pct=0.5),
            cosine(10, 0.0),
            cosine(16, 0.001),
        ],
    )
