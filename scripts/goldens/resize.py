"""resize.json: parts of one 8-bit plane resized by PyTorch's antialiased bilinear filter, in float64."""
import numpy as np
import torch
from files import flat, write_json
from stream import Stream

HEIGHT, WIDTH = 23, 31
CASES = (
    # left, top, width, height of the part, then height and width of the target.
    (0, 0, 31, 23, 7, 9),
    (4, 3, 20, 15, 5, 10),
    (5, 2, 24, 20, 33, 29),
    (3, 1, 25, 21, 40, 8),
    (7, 6, 16, 12, 12, 16),
    (9, 9, 1, 1, 3, 2),
)


def generate():
    plane = np.floor(256 * Stream(11).take(HEIGHT, WIDTH))
    cases = []
    for left, top, width, height, *size in CASES:
        part = torch.from_numpy(plane[top : top + height, left : left + width].copy())
        resized = torch.nn.functional.interpolate(
            part[None, None], size=size, mode='bilinear', align_corners=False, antialias=True
        )
        crop = {'left': left, 'top': top, 'width': width, 'height': height}
        cases.append({'crop': crop, 'size': size, 'values': flat(resized)})
    write_json('resize.json', {'width': WIDTH, 'plane': flat(plane), 'cases': cases})
