import { expect, test } from 'vitest';
import { canLimit, limitsOf } from './limits.ts';

test('a share of the memory that the engine reports is the limit, and none where it reports nothing', () => {
  expect(limitsOf({ processes: 100, memoryShare: 0.5 }, 1000)).toEqual({
    PidsLimit: 100,
    Memory: 500,
    MemorySwap: 500,
  });
  expect(limitsOf({ processes: 100, memoryShare: 0.5 }, undefined)).toEqual({ PidsLimit: 100 });
});

const able = { MemoryLimit: true, PidsLimit: true };
const rootless = ['name=seccomp,profile=default', 'name=rootless'];

test.each([
  ['of root, with control groups of version 1', { ...able, CgroupVersion: '1', SecurityOptions: [] }, true, true],
  ['without root, version 2', { ...able, CgroupVersion: '2', SecurityOptions: rootless }, true, true],
  [
    'without root, version 1, whatever it says',
    { ...able, CgroupVersion: '1', SecurityOptions: rootless },
    false,
    false,
  ],
  ['without root, as Podman before 5 says it', { ...able, CgroupVersion: '1', Rootless: true }, false, false],
  ['that lacks one of them', { ...able, PidsLimit: false, CgroupVersion: '2' }, true, false],
  ['that says nothing', {}, false, false],
])('an engine %s', (_, info, memory, processes) => {
  expect(canLimit(info)).toEqual({ memory, processes });
});
