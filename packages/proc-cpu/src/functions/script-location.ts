/** @file Where something in a script stands in the file that was written: through the script's own source map if it has one. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import type { ScriptInfo } from './function-facts.js';
import { pathOf } from './modules.js';

/** `path:line:column`, from 1, of an offset of a script's text. */
export function locationIn(script: ScriptInfo, offset: number): string {
  const before = script.text.slice(0, offset);
  const line = before.split('\n').length - 1 + script.startLine;
  const onFirst = line === script.startLine ? script.startColumn : 0;
  const column = offset - (before.lastIndexOf('\n') + 1) + onFirst;
  const file = pathOf(script.url) ?? script.url;
  const original = throughMap(script, line, column);
  return original ? `${file}:${original}` : `${file}:${line + 1}:${column + 1}`;
}

/** Compilers that run in this process put the map into the script; maps in files of their own are not read. */
function throughMap(script: ScriptInfo, line: number, column: number): string | undefined {
  const encoded = /^data:application\/json[^,]*;base64,(.+)$/.exec(script.sourceMapUrl)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const payload = JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload;
    const entry = new SourceMap(payload).findEntry(line, column);
    return 'originalLine' in entry ? `${entry.originalLine + 1}:${entry.originalColumn + 1}` : undefined;
  } catch {
    return undefined;
  }
}
