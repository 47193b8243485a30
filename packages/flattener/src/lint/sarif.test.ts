import schema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';

import { tree } from '../../test/support/tree.ts';
import { lint } from './lint.ts';
import { toSarif } from './sarif.ts';

// Of the formats only uri matters here, and those are relative paths.
const { $schema: _draft, id: _id, ...draft7 } = schema;
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(draft7);

const files = {
  'leaf.cfg': 'rootpw --iscrypted --lock locked\n%include "blocks/a b.cfg"\nnonsense\n',
  'blocks/a b.cfg': '%post\nset -e\ncurl -O http://a/\n%end\n# lint-ignore KSL_SECRET\n',
};
const { readFile } = tree(files);
const findings = await lint({ ...tree(files), leaves: [{ path: 'leaf.cfg', live: true }] });

test('findings are SARIF 2.1.0 by its schema', () => {
  const sarif = toSarif(findings, readFile, ['shellcheck is not on the PATH']);
  validate(JSON.parse(JSON.stringify(sarif)));
  expect(validate.errors).toBeNull();
  expect(validate({ ...sarif, version: '2.0.0' })).toBe(false);
});

test('a result has rule, place, include chain and fix', () => {
  const sarif = JSON.parse(JSON.stringify(toSarif(findings, readFile)));
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
    relatedLocations: [{ physicalLocation: { artifactLocation: { uri: 'leaf.cfg' }, region: { startLine: 2 } } }],
  });
  expect(run.results.find((result: { ruleId: string }) => result.ruleId === 'KSL_ROOTPW_LOCKED')).toMatchObject({
    fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: 'rootpw --lock' } }] }] }],
  });
  expect(run.results.map((result: { ruleId: string }) => result.ruleId)).toContain('KS_UNKNOWN_COMMAND');
});

/** The fingerprints of one kickstart's findings, by line. */
async function fingerprints(text: string): Promise<string[]> {
  const sources = tree({ 'a.ks': text });
  const found = await lint({ ...sources, leaves: [{ path: 'a.ks', live: false }] });
  const sarif = JSON.parse(JSON.stringify(toSarif(found, sources.readFile)));
  return sarif.runs[0].results.map(
    (result: { partialFingerprints: Record<string, string> }) => result.partialFingerprints['phyllomeLint/v1'],
  );
}

test('a finding keeps its fingerprint when its line moves, and only then', async () => {
  const [first, second] = await fingerprints('rootpw a\nrootpw a\n');
  expect(second).not.toBe(first);
  expect(await fingerprints('\n# above\n  rootpw a\n\nrootpw a\n')).toEqual([first, second]);
  expect(await fingerprints('rootpw b\n')).not.toContain(first);
});

test('what is only worth knowing is a note', () => {
  const [finding] = findings;
  if (finding === undefined) throw new Error('no finding');
  expect(JSON.stringify(toSarif([{ ...finding, severity: 'info' }], readFile))).toContain('"level":"note"');
});
