import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parse } from './parse.ts';
import { print } from './print.ts';

const ODD = {
  empty: '',
  'only a line end': '\n',
  'no line end': 'lang en_US.UTF-8',
  CRLF: 'lang en_US.UTF-8\r\n%packages\r\nvim\r\n%end\r\n',
  'lone CR': 'lang en_US.UTF-8\r%post\recho\r%end\r',
  'mixed ends': 'a\r\n\r\nb\n\rc',
  'byte order mark': '\uFEFFlang en_US.UTF-8\n',
  'two byte order marks': '\uFEFF\uFEFF',
  'no %end': '%post\necho',
  'section in section': '%post\n%pre\n%end\n%end\n',
  'unknown section': '%frobnicate\nx\n%end\n',
  'stray %end': '%end\n',
  'open quote': 'user --name="x\n',
  'indented, trailing blanks': '\t lang  en \t\n   \n  # c  \n',
  'heredoc with markers': "%post\ncat <<'EOF'\n%packagesx\n%include a\nEOF\n%end # done\n",
};

describe('print(parse(text)) is the text', () => {
  test.each(Object.entries(ODD))('%s', (_name, text) => {
    expect(print(parse('x.cfg', text))).toBe(text);
  });

  test('for any sequence of kickstart-like lines', () => {
    const line = fc.constantFrom(
      'lang en',
      '%post',
      '%end',
      '%include a',
      '%packages --x',
      '# c',
      '',
      ' ',
      'a "b',
      '%x',
      '\\',
    );
    const end = fc.constantFrom('\n', '\r\n', '\r', '');
    const text = fc.array(fc.tuple(line, end)).map((lines) => lines.map(([l, e]) => l + e).join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (input) => {
        expect(print(parse('x.cfg', input))).toBe(input);
      }),
      { numRuns: 300 },
    );
  });
});

const problems = (text: string): string[] =>
  parse('x.cfg', text).diagnostics.map((d) => `${d.severity} ${d.code} ${d.at.line}:${d.at.column}+${d.length}`);

describe('what parse says of a file', () => {
  test.each([
    ['lang "en', ['error KS_UNBALANCED_QUOTE 1:6+3']],
    ["# it's\n  lang 'en", ['error KS_UNBALANCED_QUOTE 2:8+3']],
    ['part / \\\n--size=1', ['error KS_TRAILING_BACKSLASH 1:8+1']],
    ['rootpw pass#word', ['warning KS_COMMENT_IN_WORD 1:12+5']],
    ['rootpw "pass#word" # comment', []],
    ['%pakages\n%end', ['error KS_UNKNOWN_SECTION 1:1+8']],
    ['lang en\n  %post\necho', ['error KS_SECTION_NOT_ENDED 2:3+5']],
    ['%post\n%packages\n%end', ['error KS_SECTION_NOT_ENDED 1:1+5']],
    ['%post\n%postscript is body\n%end', []],
    ['%end', ['error KS_STRAY_END 1:1+4']],
    ['%include', ['error KS_INCLUDE_WITHOUT_PATH 1:1+8']],
    ['%post\n%include # nothing\n%end', ['error KS_INCLUDE_WITHOUT_PATH 2:1+8']],
    ['%ksappend base.ks', ['warning KS_IGNORED_LINE 1:1+9']],
    ['%post\n\u00A0%end\n%end', ['warning KS_ODD_BLANK 2:2+4']],
    ['%post\n%end\u3000x\n%end', ['warning KS_ODD_BLANK 2:1+4']],
    ['"%packages"\n%end\n"%end"', ['error KS_STRAY_END 3:1+6']],
    ['\uFEFFlang en', ['warning KS_BYTE_ORDER_MARK 1:1+1']],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test('goes on after a broken line', () => {
    const file = parse('x.cfg', 'lang "en\n%post\necho\n%end\nkeyboard us\n');
    expect(file.nodes.map((node) => node.kind)).toEqual(['command', 'section', 'command']);
  });
});
