import { describe, expect, it } from 'vitest';
import { blockedDomain } from '../graph/index.js';
import type { OnnxNode } from './emitter.js';
import { collapseReshapes, dropDeadNodes, fuseBlockedConvolutions } from './passes.js';

const node = (type: string, inputs: string, output: string): OnnxNode => ({
  type,
  inputs: inputs.split(' '),
  outputs: [output],
  attributes: {},
});
const conv = (inputs: string, output: string) => node(`${blockedDomain}::Conv`, inputs, output);

describe('dropDeadNodes', () => {
  it('keeps what the outputs need, in order', () => {
    const nodes = [node('Exp', 'x', 'a'), node('Log', 'a', 'dead'), node('Abs', 'a', 'y')];
    expect(dropDeadNodes(nodes, new Set(['y'])).map(({ type }) => type)).toEqual(['Exp', 'Abs']);
  });
});

describe('collapseReshapes', () => {
  it('reads the value before the first of several', () => {
    const nodes = [node('Reshape', 'x s', 'a'), node('Reshape', 'a t', 'b'), node('Reshape', 'b u', 'c')];
    expect(collapseReshapes(nodes).map(({ inputs }) => inputs.join(' '))).toEqual(['x s', 'x t', 'x u']);
  });
});

describe('fuseBlockedConvolutions', () => {
  const wanted = new Set(['y']);
  const blocked = new Set(['a', 'b', 'r', 's']);

  it('takes in an Add and then a Relu', () => {
    const nodes = [conv('x w', 'a'), node('Add', 'a r', 'b'), node('Relu', 'b', 'y')];
    const fused = fuseBlockedConvolutions(nodes, wanted, blocked);
    expect(fused).toHaveLength(1);
    expect(fused[0].inputs).toEqual(['x', 'w', '', 'r']);
    expect(fused[0].outputs).toEqual(['y']);
    expect(fused[0].attributes).toEqual({ activation: 'Relu' });
  });

  it('takes the later of two convolutions, which may read the other one', () => {
    const fused = fuseBlockedConvolutions(
      [conv('x w', 'a'), conv('a v', 'b'), node('Add', 'a b', 'y')],
      wanted,
      blocked,
    );
    expect(fused.map(({ inputs }) => inputs.join(' '))).toEqual(['x w', 'a v  a']);
  });

  it.each([
    ['the result is read elsewhere', [conv('x w', 'a'), node('Add', 'a r', 'b'), node('Mul', 'a b', 'y')]],
    ['it is an output', [conv('x w', 'y'), node('Relu', 'y', 'z')]],
    ['a sum is there already', [conv('x w  s', 'a'), node('Add', 'a r', 'y')]],
    ['what is added may have another shape', [conv('x w', 'a'), node('Add', 'a scalar', 'y')]],
    ['it is added to itself', [conv('x w', 'a'), node('Add', 'a a', 'y')]],
  ])('leaves a convolution alone when %s', (_, nodes) => {
    expect(fuseBlockedConvolutions(nodes, wanted, blocked)).toEqual(nodes);
  });
});
