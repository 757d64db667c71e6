"""Writes goldens: compact JSON with 9 significant digits, and safetensors."""
import json
import struct
from pathlib import Path

import numpy as np

folder = Path(__file__).resolve().parents[2] / 'tests' / 'goldens'


def number(value):
    """The shortest text of a value rounded to 9 significant digits; exact inputs are shorter than that."""
    if not np.isfinite(value):
        raise ValueError(f'golden: expected a finite number, got {value}')
    text = f'{value:.9g}'
    return '0' if float(text) == 0 else text.replace('e-0', 'e-').replace('e+0', 'e').replace('e+', 'e')


def flat(values):
    """Any tensor or array as a flat list of Python floats."""
    return np.asarray(values.detach() if hasattr(values, 'detach') else values, dtype=np.float64).ravel().tolist()


def array(values):
    """`{shape, data}` of a tensor."""
    return {'shape': list(values.shape), 'data': flat(values)}


def encode(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return '{' + ','.join(f'{json.dumps(k)}:{encode(v)}' for k, v in value.items()) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ','.join(map(encode, value)) + ']'
    return str(value) if isinstance(value, int) else number(value)


def write_json(name, value):
    """A list gets one entry a line."""
    text = '[\n' + ',\n'.join(map(encode, value)) + '\n]\n' if isinstance(value, list) else encode(value) + '\n'
    (folder / name).write_text(text, encoding='utf-8')


def write_safetensors(name, tensors):
    """8 bytes of header length, the JSON header, then raw little-endian numbers: integers as int64, others as float32."""
    header, parts, offset = {}, [], 0
    for key, tensor in tensors.items():
        dtype, kind = ('F32', '<f4') if tensor.is_floating_point() else ('I64', '<i8')
        part = np.asarray(tensor.detach(), dtype=kind).tobytes()
        header[key] = {'dtype': dtype, 'shape': list(tensor.shape), 'data_offsets': [offset, offset + len(part)]}
        parts.append(part)
        offset += len(part)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    (folder / name).write_bytes(struct.pack('<Q', len(text)) + text + b''.join(parts))
