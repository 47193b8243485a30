import type { Paths } from '../executor/executor.ts';

/** The folder of it all in the container, as tar streams name it. */
export const rootInContainer = 'phyllome';

/** Where things are in the container. */
export const inContainer: Paths = {
  kickstart: '/phyllome/flat.cfg',
  installer: '/phyllome/installer.iso',
  result: '/phyllome/result',
  tmp: '/phyllome/tmp',
  logs: '/phyllome/logs',
  logfile: '/phyllome/logs/livemedia.log',
};
