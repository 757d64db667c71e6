"""
Makes the files of tests/goldens anew, the same to the last digit: `python3 scripts/goldens/generate.py [name…]`.

Needs PyTorch and NumPy (Debian 12: python3-torch). Names: ops, losses, network, optimizers, metrics, resize; all by default.
"""
import importlib
import sys

sys.dont_write_bytecode = True

NAMES = ('ops', 'losses', 'network', 'optimizers', 'metrics', 'resize')


def main(names):
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        sys.exit(f'goldens: expected some of {", ".join(NAMES)}, got {unknown[0]}')
    for name in names or NAMES:
        importlib.import_module(name).generate()
        print(f'goldens: {name}')


if __name__ == '__main__':
    main(sys.argv[1:])
