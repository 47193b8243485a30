/** Fixtures and matchers for vitest; importing it extends `expect`. */
import { expect } from 'vitest';
import * as matchers from './matchers.ts';
import type { VmMatchers } from './matchers.ts';

expect.extend(matchers);

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends VmMatchers {}
}

export { expect };
export { describe } from 'vitest';
export { recordCheck, test } from './fixtures.ts';
export type { VmMatchers } from './matchers.ts';
