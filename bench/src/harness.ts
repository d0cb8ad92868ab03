/** @file Runs a bench: starts the contestants, warms them up, interleaves the rounds, and makes the rows. */
import {
  type Contestant,
  findPython,
  startNode,
  startProgram,
  startPython,
  Unavailable,
} from './contestant.js';
import type { Params } from './rivals/rival.js';
import { type Better, makeRow, type Row, rotated } from './row.js';

/** One question that is answered by rows. */
export interface Bench {
  readonly name: string;
  readonly question: string;
  run(harness: Harness): Promise<void>;
}

/** Who takes part in a row, and what they do. */
export interface Entry {
  /** The name in the row; Poniard's is `poniard`. */
  readonly name: string;
  /** Left out where the contestant could not be started: the row then goes without. */
  readonly contestant: Contestant | undefined;
  readonly job: string;
  readonly params: Params;
  /** Parameters of the unmeasured first run, where a smaller one does; else it is as long as a measured one. */
  readonly warmUp?: Params;
  /** What this entry does otherwise than the row's name says. */
  readonly note?: string;
}

/** What a row is to show. */
export interface RowPlan {
  readonly name: string;
  readonly unit: string;
  /** Left out: `lower`. */
  readonly better?: Better;
  readonly entries: readonly Entry[];
  /** Yardsticks that need no measuring: a limit, the ideal. */
  readonly constants?: Readonly<Record<string, number>>;
  readonly target?: Readonly<Record<string, number>>;
  readonly rounds?: number;
}

export interface HarnessOptions {
  readonly rounds: number;
  /** Smaller counts, to see that everything works. */
  readonly quick: boolean;
  /** What the GPU computes at most, in TFLOP/s of float32, where the caller says so. */
  readonly peak?: number | undefined;
}

/**
 * Between two measurements: threads of a BLAS or of a pool spin for some milliseconds after their work, in the
 * time of whoever comes next.
 */
const REST_MS = 50;

/**
 * Everybody runs for so long, or so often, before anything is counted: V8 compiles what a contestant needs while it
 * runs, which takes the longer the more code it has, and the rounds are to show what stays.
 */
const WARM_MS = 2000;
const WARM_UPS = 20;

/** A run below this is short: it is done twice and the second counts. */
const SHORT_MS = 1000;

/** One run of one bench. */
export class Harness {
  readonly rounds: number;
  readonly quick: boolean;
  readonly peak: number | undefined;
  readonly rows: Row[] = [];
  /** Versions and settings of those that took part, by name. */
  readonly versions: Record<string, string> = {};
  readonly settings: Record<string, string> = {};
  /** A line for each contestant that could not take part. */
  readonly skipped: string[] = [];
  readonly #running: Contestant[] = [];
  readonly #pythons = new Map<string, Promise<string | undefined>>();

  constructor(options: HarnessOptions) {
    this.rounds = options.rounds;
    this.quick = options.quick;
    this.peak = options.peak;
  }

  /** `full` or, with `--quick`, `quick`. */
  size(full: number, quick: number): number {
    return this.quick ? quick : full;
  }

  /** A contestant from `rivals/MODULE.js`, or `undefined` (and a line that says so) where it cannot be loaded. */
  node(name: string, module: string, options: Params = {}, env: Readonly<Record<string, string>> = {}) {
    return this.#start(name, () => startNode(module, options, env));
  }

  /** A contestant in Python, from `rivals/SCRIPT`, with the first interpreter that can import `modules`. */
  python(name: string, script: string, args: readonly string[], modules: readonly string[]) {
    return this.#start(name, async () => {
      const needed = modules.join(' and ');
      let python = this.#pythons.get(needed);
      if (python === undefined) {
        python = findPython(modules);
        this.#pythons.set(needed, python);
      }
      const path = await python;
      if (path === undefined) throw new Unavailable(`no python3 can import ${needed}`);
      return startPython(path, script, args);
    });
  }

  /** A contestant that is a whole program, from `startup/FILE`. */
  program(name: string, file: string, version: string, settings: string) {
    return this.#start(name, async () => startProgram(file, version, settings));
  }

  async #start(name: string, start: () => Promise<Contestant>): Promise<Contestant | undefined> {
    say(`starting ${name}`);
    try {
      const contestant = await start();
      this.#running.push(contestant);
      this.versions[name] = contestant.version;
      this.settings[name] = contestant.settings;
      return contestant;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.skipped.push(`skipped ${name}: ${firstLine(error.message)}`);
      say(this.skipped.at(-1) as string);
      return undefined;
    }
  }

  /** One figure outside a row, such as a calibration. */
  async once(contestant: Contestant, job: string, params: Params): Promise<number> {
    return contestant.measure(job, params);
  }

  /**
   * Measures a row: everybody for a while to warm up, then round after round, each round everybody once. Who fails is
   * left out of the rest, and the row says so.
   */
  async row(plan: RowPlan): Promise<Row> {
    const rounds = plan.rounds ?? this.rounds;
    const measurements: Record<string, number[]> = {};
    const notes: string[] = [];
    let entries: Entry[] = [];
    for (const entry of plan.entries) {
      measurements[entry.name] = [];
      if (entry.contestant !== undefined) {
        entries.push(entry);
        if (entry.note !== undefined) notes.push(`${entry.name}: ${entry.note}`);
      }
    }
    const attempt = async (entry: Entry, params: Params): Promise<number | undefined> => {
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      try {
        const contestant = entry.contestant as Contestant;
        const began = performance.now();
        const first = await contestant.measure(entry.job, params);
        // The second of two short runs counts: the system may have taken pages of a process that slept for seconds.
        if (performance.now() - began > this.size(SHORT_MS, 0)) return first;
        return await contestant.measure(entry.job, params);
      } catch (error) {
        entries = entries.filter((each) => each !== entry);
        measurements[entry.name] = [];
        const why = firstLine(error instanceof Error ? error.message : String(error));
        notes.push(`${entry.name} failed: ${why}`);
        say(`${plan.name}  ${notes.at(-1)}`);
        return undefined;
      }
    };
    for (const entry of [...entries]) {
      const began = performance.now();
      for (let run = 0; run < WARM_UPS && performance.now() - began < this.size(WARM_MS, 1); run++) {
        if ((await attempt(entry, entry.warmUp ?? entry.params)) === undefined) break;
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const entry of rotated(entries, round)) {
        const value = await attempt(entry, entry.params);
        if (value === undefined) continue;
        measurements[entry.name]?.push(value);
        say(`${plan.name}  ${round + 1}/${rounds}  ${entry.name} ${value.toPrecision(4)} ${plan.unit}`);
      }
    }
    for (const [name, value] of Object.entries(plan.constants ?? {})) measurements[name] = [value];
    const { name, unit, target } = plan;
    const row = makeRow({ name, unit, better: plan.better ?? 'lower', rounds: measurements, target, notes });
    this.rows.push(row);
    return row;
  }

  /** Ends all contestants. */
  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((contestant) => contestant.close()));
  }
}

/** Progress goes to stderr, so that stdout holds the table alone. */
function say(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

const firstLine = (text: string): string => text.split('\n', 1)[0] as string;
