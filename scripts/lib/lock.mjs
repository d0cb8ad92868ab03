/** A lock between processes: a file that names its owner. One whose owner is gone is taken over. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const patience = 5 * 60_000;

export async function withLock(path, body) {
  const start = Date.now();
  while (!take(path)) {
    if (Date.now() - start > patience)
      throw new Error(`waited five minutes for another build; if there is none, remove ${path}`);
    await delay(50);
  }
  try {
    return await body();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isAlive(ownerOf(path))) rmSync(path, { force: true });
    return false;
  }
}

/** The owner's id; `undefined` while the owner is still writing it, or when it has just let go. */
function ownerOf(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
