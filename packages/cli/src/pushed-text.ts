import type { Pushed } from '@phyllome/pipeline/remote';

/** What became of a push. */
export const pushedText: Readonly<Record<Pushed, string>> = {
  pushed: 'Pushed',
  'there already': 'It is there already',
  other: 'Another image of the same inputs is there already, and stays (phyllome store push --replace)',
};
