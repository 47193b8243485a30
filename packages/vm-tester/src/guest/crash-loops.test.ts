import { describe, expect, test } from 'vitest';
import { crashLoops, judge } from './crash-loops.ts';
import type { UnitInfo } from './units.ts';

const service = (more: Partial<UnitInfo>): UnitInfo => ({
  name: 'x.service',
  description: '',
  load: 'loaded',
  active: 'active',
  sub: 'running',
  result: 'success',
  job: false,
  restarts: 0,
  ...more,
});
const between = { active: 'activating', sub: 'auto-restart', result: 'exit-code' };

test.each([
  ['down after its second restart', service({ ...between, restarts: 2 }), { since: 0, waitedMs: 0 }, true],
  ['down for the first time: it may recover', service(between), { since: 0, waitedMs: 0 }, undefined],
  ['failed again while looked at', service({ ...between, restarts: 1 }), { since: 1, waitedMs: 32_000 }, true],
  ['still to be started at the end', service(between), { since: 0, waitedMs: 80_000 }, true],
  ['up, and restarted meanwhile', service({ restarts: 3 }), { since: 1, waitedMs: 4_000 }, true],
  ['up, once restarted', service({ restarts: 1 }), { since: 0, waitedMs: 2_000 }, undefined],
  ['up for a while', service({ restarts: 4 }), { since: 0, waitedMs: 10_000 }, false],
  ['ended well', service({ active: 'inactive', sub: 'dead', restarts: 1 }), { since: 0, waitedMs: 0 }, false],
  [
    'a getty that is started anew',
    service({ ...between, result: 'success', restarts: 5 }),
    { since: 0, waitedMs: 0 },
    undefined,
  ],
])('%s: %s', (_, unit, seen, unstable) => {
  expect(judge(unit, seen)).toBe(unstable);
});

test('services without a restart, and our own instruments, are not looked at twice', async () => {
  let looks = 0;
  const systemd = {
    services: async () => {
      looks++;
      return [service({}), service({ name: 'vmt-journal.service', ...between, restarts: 9 })];
    },
  };
  const found = [];
  for await (const one of crashLoops(systemd, AbortSignal.timeout(60_000))) found.push(one);
  expect([found, looks]).toEqual([[], 1]);
});

const journald = (restarts: number, more: Partial<UnitInfo> = {}) =>
  service({ name: 'systemd-journald.service', restarts, ...more });
async function restartsOf(unit: UnitInfo, carriedOver?: ReadonlySet<string>) {
  const services = async () => [unit];
  const all = [];
  const known = carriedOver === undefined ? { services } : { services, carriedOver };
  for await (const one of crashLoops(known, AbortSignal.timeout(60_000))) all.push(one);
  return all.map(({ unit: { restarts }, unstable }) => ({ restarts, unstable }));
}

describe('the switch of roots ends what the initrd had started', () => {
  const carried = new Set(['systemd-journald.service']);

  test('its first start after that is not one of its own', async () => {
    expect(await restartsOf(journald(1), carried)).toEqual([]);
  });

  test.each([
    ['of what did not come from there', journald(1, { ...between, restarts: 2 }), new Set(['other.service']), 2],
    ['that comes after it', journald(3, between), carried, 2],
  ])('any other is, %s', async (_, unit, from, restarts) => {
    expect(await restartsOf(unit, from)).toEqual([{ restarts, unstable: true }]);
  });
});
