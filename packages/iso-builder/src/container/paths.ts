/** Where things are in the container. */
export const inContainer = {
  root: 'phyllome',
  kickstart: '/phyllome/flat.cfg',
  /** Must not exist when livemedia-creator starts. */
  result: '/phyllome/result',
  /** Must exist. */
  tmp: '/phyllome/tmp',
  logs: '/phyllome/logs',
  logfile: '/phyllome/logs/livemedia.log',
} as const;
