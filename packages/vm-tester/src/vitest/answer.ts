import { Machine } from '../machine/machine.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** What a matcher found. */
export interface Answer {
  pass: boolean;
  /** Follows "expected the guest" or "expected the guest not": `to have the file /etc/x`. */
  expected: string;
  /** How it is instead. */
  actual: string;
}

export interface MatcherState {
  isNot?: boolean;
}

export interface Result {
  pass: boolean;
  message: () => string;
}

function result(subject: string, { isNot }: MatcherState, { pass, expected, actual }: Answer): Result {
  return { pass, message: () => `expected ${subject} ${isNot ? 'not ' : ''}${expected}, but ${actual}` };
}

/** A matcher about a running machine: `await expect(vm).to…()`. */
export function aboutMachine<Arguments extends unknown[]>(
  check: (machine: Machine, ...args: Arguments) => Promise<Answer>,
): (this: MatcherState, received: unknown, ...args: Arguments) => Promise<Result> {
  return async function (received, ...args) {
    if (!(received instanceof Machine)) throw new TypeError(`this matcher is about a Machine, not ${String(received)}`);
    return result('the guest', this, await check(received, ...args));
  };
}

/** A matcher about a verdict, or about a machine: that is shut down for its final one. */
export function aboutVerdict<Arguments extends unknown[]>(
  check: (verdict: Verdict, ...args: Arguments) => Answer,
): (this: MatcherState, received: unknown, ...args: Arguments) => Promise<Result> {
  return async function (received, ...args) {
    const verdict = received instanceof Machine ? await received.conclude() : received;
    if (!isVerdict(verdict)) throw new TypeError('this matcher is about a Machine or a Verdict');
    return result('the image', this, check(verdict, ...args));
  };
}

function isVerdict(value: unknown): value is Verdict {
  return typeof value === 'object' && value !== null && 'status' in value && 'milestones' in value;
}

/** Some lines for a message: the first few, and how many more. */
export function some(lines: readonly string[], most = 5): string {
  const more = lines.length > most ? `\n  … and ${lines.length - most} more` : '';
  return lines
    .slice(0, most)
    .map((line) => `\n  ${line}`)
    .join('')
    .concat(more);
}
