/** How a network's tensors are laid out in the buffers that a training step reads and writes. */
import { concat, input, reshape, type Shape, sizeOf, split, type Tensor } from '../graph/index.js';

/** A tensor within a buffer. */
export interface Member {
  readonly name: string;
  readonly shape: Shape;
  /** Index of its first value in the buffer. */
  readonly offset: number;
}

/** One flat buffer that holds several tensors end to end. */
export interface StateGroup {
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
}

/**
 * Values after which a new buffer is begun. Optimizers are bound by memory: pieces of this size stay in the cache
 * between their passes, and one piece per tensor would cost a dozen nodes each.
 */
const groupSize = 1_000_000;

/** Packs tensors, in order, into flat buffers named `<prefix>.0`, `<prefix>.1`, …; `separate` gives each its own. */
export function layoutState(
  prefix: string,
  tensors: readonly { readonly name: string; readonly shape: Shape }[],
  separate = false,
): StateGroup[] {
  const groups: { name: string; size: number; members: Member[] }[] = [];
  for (const { name, shape } of tensors) {
    const size = sizeOf(shape);
    let group = groups.at(-1);
    if (!group || separate || group.size + size > groupSize) {
      group = { name: `${prefix}.${groups.length}`, size: 0, members: [] };
      groups.push(group);
    }
    group.members.push({ name, shape, offset: group.size });
    group.size += size;
  }
  return groups;
}

/** A group's flat tensor, by default its symbolic input, and its members cut out of it. */
export function openGroup(
  group: StateGroup,
  flat: Tensor = input(group.name, [group.size]),
): { flat: Tensor; members: Map<string, Tensor> } {
  const pieces = split(
    flat,
    0,
    group.members.map((member) => sizeOf(member.shape)),
  );
  return {
    flat,
    members: new Map(group.members.map((member, i) => [member.name, reshape(pieces[i], member.shape)])),
  };
}

/** The members' values end to end, as the group lays them out. */
export const packGroup = (group: StateGroup, value: (name: string) => Tensor): Tensor =>
  concat(
    group.members.map((member) => reshape(value(member.name), [sizeOf(member.shape)])),
    0,
  );
