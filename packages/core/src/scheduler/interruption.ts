/** @file Ctrl-C: what was running is named and told to end; a moment later the program goes. */
import type { Interruption } from '../ports.js';
import type { TaskRecord } from './record.js';
import type { Shell } from './shell.js';
import type { SchedulerState } from './state.js';

/** In µs. How long running tasks may take to end. */
const GRACE = 300_000;
/** How many tasks are named. */
const NAMED = 10;

/** The user has interrupted the program. */
export function interruption(shell: Shell): Interruption {
  if (!shell.busy.now) return { message: undefined, ended: Promise.resolve() };
  const message = inventory(shell.state);
  return { message, ended: shell.interrupt(GRACE) };
}

/** What is running, and how much waits. */
function inventory(state: SchedulerState): string {
  const running = state.places.flatMap((place) =>
    [...place.sent()].filter((record) => place.processor.hasStarted?.(record) !== false),
  );
  const waiting = state.unsettled - running.filter(({ terminal }) => !terminal).length;
  const named = running.slice(0, NAMED).map((record) => `\n  ${describe(record)}`);
  if (running.length > NAMED) named.push(`\n  … and ${running.length - NAMED} more`);
  const were = running.length === 1 ? '1 task was running' : `${running.length} tasks were running`;
  const waited = `${waiting} waited`;
  return `Interrupted: ${were}, ${waited}${running.length > 0 ? ':' : '.'}${named.join('')}`;
}

function describe({ name, id, place, suspended, terminal }: TaskRecord): string {
  const doing = terminal ? ', though it was cancelled' : suspended ? ', waiting for a task of its own' : '';
  return `${name} (#${id}) on ${place?.processor.id}${doing}`;
}
