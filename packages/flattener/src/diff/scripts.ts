import { diffArrays, diffLines } from 'diff';

import type { Script } from '../kickstart.ts';
import type { Position } from '../source.ts';

/** A script that only one side has, or that differs. */
export interface ScriptChange {
  readonly type: Script['type'];
  readonly a?: Position | undefined;
  readonly b?: Position | undefined;
  /** Of its header, as `--nochroot`; each with `-` or `+` before it. */
  readonly options: readonly string[];
  /** Of its body, when both sides have it: each line with `-`, `+` or a blank before it. */
  readonly lines: readonly string[];
  /** How many lines it has, or had. */
  readonly length: number;
}

/** Scripts run in their order, so that one which moved was taken away and put elsewhere. */
export function diffScripts(a: readonly Script[], b: readonly Script[]): ScriptChange[] {
  const parts = diffArrays([...a], [...b], { comparator: isEqual });
  const gone = parts.filter(({ removed }) => removed).flatMap(({ value }) => value);
  const added = parts.filter((part) => part.added).flatMap(({ value }) => value);
  const out: ScriptChange[] = [];
  for (const script of gone) {
    const at = added.findIndex((other) => other.type === script.type && other.at.path === script.at.path);
    const [other] = at < 0 ? [] : added.splice(at, 1);
    out.push(change(script, other));
  }
  return [...out, ...added.map((script) => change(undefined, script))];
}

function isEqual(a: Script, b: Script): boolean {
  return a.type === b.type && a.body === b.body && header(a).join(' ') === header(b).join(' ');
}

function header({ nochroot, erroronfail, interpreter, log }: Script): string[] {
  return [
    ...(nochroot ? ['--nochroot'] : []),
    ...(erroronfail ? ['--erroronfail'] : []),
    ...(interpreter === undefined ? [] : [`--interpreter=${interpreter}`]),
    ...(log === undefined ? [] : [`--log=${log}`]),
  ];
}

function change(a: Script | undefined, b: Script | undefined): ScriptChange {
  const [left, right] = [a ? header(a) : [], b ? header(b) : []];
  const both = a !== undefined && b !== undefined;
  const options = both
    ? [
        ...left.filter((o) => !right.includes(o)).map((o) => `-${o}`),
        ...right.filter((o) => !left.includes(o)).map((o) => `+${o}`),
      ]
    : [];
  return {
    type: (a ?? b)?.type ?? 'post',
    a: a?.at,
    b: b?.at,
    options,
    lines: both ? bodyLines(a.body, b.body) : [],
    length: lineCount((b ?? a)?.body ?? ''),
  };
}

function bodyLines(a: string, b: string): string[] {
  return diffLines(a, b).flatMap(({ value, added, removed }) => {
    const mark = added ? '+' : removed ? '-' : ' ';
    const lines = value.replace(/\n$/, '').split('\n');
    return lines.map((line) => mark + line);
  });
}

function lineCount(body: string): number {
  return body.split('\n').length - 1;
}
