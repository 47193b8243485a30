import { describe, expect, test } from 'vitest';

import { tree } from '../test/support/tree.ts';
import { closure } from './closure.ts';

describe('closure', () => {
  test('lists what a leaf includes, through sections too, each once and in order', () => {
    const files = {
      'leaves/l.cfg': '%include blocks/a.cfg\n%include blocks/b.cfg\n%post\n%include blocks/s.sh\n%end\n',
      'leaves/blocks/a.cfg': '%include c.cfg\n',
      'leaves/blocks/b.cfg': '%include c.cfg\n',
      'leaves/blocks/c.cfg': 'lang en\n',
      'leaves/blocks/s.sh': 'echo\n%include t.sh\n',
      'leaves/blocks/t.sh': '',
      'leaves/other.cfg': '',
    };
    expect(closure('leaves/l.cfg', tree(files))).toEqual([
      'leaves/l.cfg',
      'leaves/blocks/a.cfg',
      'leaves/blocks/c.cfg',
      'leaves/blocks/b.cfg',
      'leaves/blocks/s.sh',
      'leaves/blocks/t.sh',
    ]);
  });

  test('is tolerant: missing files are listed, cycles end, broken lines do not matter', () => {
    const files = {
      'd/l.cfg': 'bogus "\n%include gone.cfg\n%include l.cfg\n%nonsense\n%include a.cfg\n',
      'd/a.cfg': '%include l.cfg\n',
    };
    expect(closure('d/l.cfg', tree(files))).toEqual(['d/l.cfg', 'd/gone.cfg', 'd/a.cfg']);
  });

  test('lists a leaf that does not exist', () => {
    expect(closure('no.cfg', tree({}))).toEqual(['no.cfg']);
  });
});
