import { isBlank } from '../blanks.ts';
import type { Word } from '../words.ts';
import { type Namespace, parseArguments } from './argparse.ts';
import { type Warning, refuse, since } from './handler.ts';
import { deprecatedOption } from './history.ts';
import type { Release } from './table.ts';
import { isTrue } from './values.ts';

const EMPTY: Namespace = { values: new Map(), rest: [], deprecated: [], args: [] };

/**
 * The options of a section's header, by the rules of its release. `%addon` and `%anaconda` take any words.
 *
 * @param words what follows the section's name
 * @throws {ArgumentProblem}
 */
export function readHeader(
  name: string,
  release: Release,
  words: readonly Word[],
  warn: (warning: Warning) => void,
): Namespace {
  const specs = release.sections.get(name);
  if (specs === undefined) return EMPTY;
  const whose = { name, release: release.release };
  const namespace = parseArguments(whose, specs, words);
  for (const { spec, word } of namespace.deprecated) {
    warn({ kind: 'deprecated', ...deprecatedOption(whose, spec.flags[0] ?? spec.dest), word });
  }
  const { values } = namespace;
  if (name === '%packages') {
    if (values.get('defaultPackages') === true && values.get('nocore') === true) {
      refuse('--default and --nocore cannot be used together', 'remove one of them');
    }
    warnOfSpellings(whose, words, warn);
  }
  if (name === '%certificate' && !isTrue(values.get('dir')) && !isTrue(values.get('type'))) {
    refuse('One of --dir or --type must be specified for %certificate', 'add one of --dir or --type');
  }
  if (name === '%traceback' && since(release.release, 34, 9)) {
    const message = 'The %traceback section has been deprecated: use %onerror.';
    warn({ kind: 'deprecated', code: 'KS_DEPRECATED_COMMAND', message, hint: 'write %onerror instead' });
  }
  return namespace;
}

/** @throws {ArgumentProblem} where the body of a `%certificate` section holds nothing */
export function checkCertificate(body: string): void {
  if (isBlank(body)) refuse('The %certificate section is empty', 'put the certificate between the header and %end');
}

/** Between the release that brought the new spelling and the one that makes the old one idle, pykickstart warns. */
function warnOfSpellings(
  whose: { name: string; release: string },
  words: readonly Word[],
  warn: (warning: Warning) => void,
): void {
  if (!since(whose.release, 32, 9) || since(whose.release, 40, 10)) return;
  for (const old of ['--instLangs', '--excludeWeakdeps']) {
    const word = words.find(({ value }) => value === old || value.startsWith(`${old}=`));
    if (word !== undefined) warn({ kind: 'deprecated', ...deprecatedOption(whose, old, { isIdle: false }), word });
  }
}
