/** @file The command: `npm run bench -- NAME… [--json FILE] [--rounds 5] [--quick] [--peak TFLOP/s]`. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { data } from './data.js';
import { gpu } from './gpu.js';
import { type Bench, Harness } from './harness.js';
import { matmul } from './matmul.js';
import { overhead } from './overhead.js';
import { parallel } from './parallel.js';
import { formatReport, type Report, thisMachine } from './report.js';
import { scale } from './scale.js';
import { semantics } from './semantics.js';
import { startup } from './startup.js';

const BENCHES: readonly Bench[] = [overhead, data, parallel, matmul, gpu, semantics, scale, startup];

const list = (): string => BENCHES.map(({ name, question }) => `  ${name.padEnd(10)}${question}`).join('\n');

const USAGE = `npm run bench -- NAME… [--json FILE] [--rounds 5] [--quick] [--peak TFLOP/s]

NAME is one or several of these, or all:
${list()}

  --json FILE   writes machine, versions, settings and rows
  --rounds N    rounds of which the medians are taken (default 5)
  --quick       smaller counts and 2 rounds: shows that everything works, the figures say little
  --peak N      what the GPU computes at most, in TFLOP/s of float32, where its card is not in the table
  --list        prints the names
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      rounds: { type: 'string' },
      peak: { type: 'string' },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values.list) {
    process.stdout.write(`${list()}\n`);
    return 0;
  }
  const unknown = positionals.filter(
    (name) => name !== 'all' && !BENCHES.some((bench) => bench.name === name),
  );
  if (positionals.length === 0 || unknown.length > 0) {
    process.stderr.write(
      `${unknown.length > 0 ? `There is no bench '${unknown.join("', '")}'.\n\n` : ''}${USAGE}`,
    );
    return 2;
  }
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(`--rounds takes a whole number from 1 on, not '${values.rounds}'.\n`);
    return 2;
  }

  const peak = values.peak === undefined ? undefined : Number(values.peak);
  if (peak !== undefined && !(peak > 0)) {
    process.stderr.write(`--peak takes a positive number of TFLOP/s, not '${values.peak}'.\n`);
    return 2;
  }

  const chosen = BENCHES.filter(({ name }) => positionals.includes('all') || positionals.includes(name));
  const reports: Report[] = [];
  for (const bench of chosen) {
    process.stderr.write(`${bench.name}: ${bench.question}\n`);
    const harness = new Harness({ rounds, quick: values.quick, peak });
    try {
      await bench.run(harness);
    } finally {
      await harness.close();
    }
    const { versions, settings, skipped, rows } = harness;
    const report = { machine: thisMachine(), versions, settings, skipped, rows };
    reports.push(report);
    process.stdout.write(`${bench.name}: ${bench.question}\n${formatReport(report)}\n\n`);
  }
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(merge(reports), null, 2)}\n`);
  // A target that is missed is a finding, not a failure: this machine may be busy. No figure of our own is a failure.
  return reports.some(({ rows }) => rows.some(({ poniard }) => poniard === null)) ? 1 : 0;
}

function merge(reports: readonly Report[]): Report {
  return {
    machine: thisMachine(),
    versions: Object.assign({}, ...reports.map(({ versions }) => versions)),
    settings: Object.assign({}, ...reports.map(({ settings }) => settings)),
    skipped: [...new Set(reports.flatMap(({ skipped }) => skipped))],
    rows: reports.flatMap(({ rows }) => rows),
  };
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
