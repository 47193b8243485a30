import schema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';

import { tree } from '../../test/support/tree.ts';
import { lint } from './lint.ts';
import { toSarif } from './sarif.ts';

// Of the formats only uri matters here, and those are relative paths.
const { $schema: _draft, id: _id, ...draft7 } = schema;
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(draft7);

const files = {
  'leaf.cfg': '%include "blocks/a b.cfg"\nnonsense\n',
  'blocks/a b.cfg': '%post\nset -e\ncurl http://a/\n%end\n# lint-ignore KSL_SECRET\n',
};
const findings = await lint({ ...tree(files), leaves: [{ path: 'leaf.cfg', live: true }] });

it('findings are SARIF 2.1.0 by its schema', () => {
  const sarif = toSarif(findings, ['shellcheck is not on the PATH']);
  validate(JSON.parse(JSON.stringify(sarif)));
  expect(validate.errors).toBeNull();
  expect(validate({ ...sarif, version: '2.0.0' })).toBe(false);
});

it('a result has rule, place, include chain and fix', () => {
  const sarif = JSON.parse(JSON.stringify(toSarif(findings)));
  const [run] = sarif.runs;
  const found = run.results.find((result: { ruleId: string }) => result.ruleId === 'KSL_ERRORONFAIL');
  expect(run.tool.driver.rules[found.ruleIndex].id).toBe('KSL_ERRORONFAIL');
  expect(found).toMatchObject({
    level: 'warning',
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'blocks/a%20b.cfg' },
          region: { startLine: 1, startColumn: 1, endColumn: 6 },
        },
      },
    ],
    relatedLocations: [{ physicalLocation: { artifactLocation: { uri: 'leaf.cfg' }, region: { startLine: 1 } } }],
    fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: ' --erroronfail' } }] }] }],
  });
  expect(run.results.map((result: { ruleId: string }) => result.ruleId)).toContain('KS_UNKNOWN_COMMAND');
});
