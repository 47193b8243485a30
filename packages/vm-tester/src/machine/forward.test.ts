import { expect, test } from 'vitest';
import { forwardedTo } from './forward.ts';

/** As QEMU 10 answers `info usernet`. */
const TABLE = `Hub -1 (net0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[HOST_FORWARD]  14       127.0.0.1 43211       10.0.2.15    80     0     0
  TCP[ESTABLISHED]   15       127.0.0.1 50000       10.0.2.15    80     0     0
  TCP[HOST_FORWARD]  13       127.0.0.1 40001       10.0.2.15    22     0     0
  UDP[236 sec]       16       10.0.2.15  5353       10.0.2.3     53     0     0
`;

test("the host's ports that lead to one of the guest", () => {
  expect(forwardedTo(TABLE, 80)).toEqual([43_211]);
  expect(forwardedTo(TABLE, 22)).toEqual([40_001]);
  expect(forwardedTo(TABLE, 443)).toEqual([]);
});
