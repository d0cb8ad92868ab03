/**
 * @file The phases of a task and every move between them, in one table. The invariant checker holds the scheduler to
 * it in tests, and the diagram in `docs/scheduler.md` is made from it.
 */
import { Phase } from './record.js';

export type PhaseName = keyof typeof Phase;

export interface Move {
  /** `undefined`: the task is new. */
  readonly from: PhaseName | undefined;
  readonly to: PhaseName;
  readonly because: string;
}

const move = (from: PhaseName | undefined, to: PhaseName, because: string): Move => ({ from, to, because });

export const MOVES: readonly Move[] = [
  move(undefined, 'Waiting', 'spawned'),
  move('Waiting', 'Queued', 'all inputs are there, or one processor is about to make them'),
  move('Waiting', 'Finished', 'a given value came, or the blocks of its plan are put together'),
  move('Waiting', 'Failed', 'an input failed, or no processor fits'),
  move('Waiting', 'Cancelled', 'cancelled'),
  move('Queued', 'Queued', 'an idle processor took it'),
  move('Queued', 'Waiting', 'an input must come from elsewhere first, or its processor is gone'),
  move('Queued', 'Sent', 'its processor has room'),
  move('Queued', 'Failed', 'an input failed'),
  move('Queued', 'Cancelled', 'cancelled'),
  move('Sent', 'Waiting', 'given back, to be tried again, or its processor was lost'),
  move('Sent', 'Finished', 'its processor answered'),
  move('Sent', 'Failed', 'it threw, an input failed, or its worker was lost with no retries left'),
  move('Sent', 'Cancelled', 'cancelled'),
  move('Finished', 'Waiting', 'its result was lost and is needed again'),
  move('Finished', 'Failed', 'its result cannot be brought to the host'),
];

const names = new Map(Object.entries(Phase).map(([name, phase]) => [phase, name as PhaseName]));
const allowed = new Set(MOVES.map(({ from, to }) => key(from, to)));

function key(from: PhaseName | undefined, to: PhaseName): string {
  return `${from ?? 'new'} → ${to}`;
}

export function phaseName(phase: Phase): PhaseName {
  return names.get(phase) as PhaseName;
}

/** Whether the table has the move. */
export function mayMove(from: Phase, to: Phase): boolean {
  return allowed.has(key(phaseName(from), phaseName(to)));
}

/** The table as a Mermaid state diagram. */
export function mermaid(): string {
  const lines = MOVES.map(({ from, to, because }) => `    ${from ?? '[*]'} --> ${to}: ${because}`);
  return ['stateDiagram-v2', ...lines].join('\n');
}
