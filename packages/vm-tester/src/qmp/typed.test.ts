import { expectTypeOf, test } from 'vitest';
import type { QmpArguments, QmpResult } from './typed.ts';

test('commands are typed as QEMU says, and unknown ones may be asked', () => {
  expectTypeOf<QmpArguments<'set_link'>>().toEqualTypeOf<[args: { name: string; up: boolean }]>();
  expectTypeOf<QmpArguments<'query-status'>[0]>().toBeNullable();
  expectTypeOf<QmpResult<'query-status'>['running']>().toEqualTypeOf<boolean>();
  expectTypeOf<QmpResult<'human-monitor-command'>>().toEqualTypeOf<string>();
  expectTypeOf<QmpArguments<'x-unheard-of'>>().toEqualTypeOf<[args?: Record<string, unknown>]>();
  expectTypeOf<QmpResult<'x-unheard-of'>>().toBeUnknown();
});
