/** What the guides say to type is typed, and what the recorded sessions show still comes. */
import { execa } from 'execa';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { play, timeless } from '../../../../docs/sessions/play.ts';
import { sessions } from '../../../../docs/sessions/sessions.ts';
import { type Checkout, checkout } from '../checkout.ts';
import { pages, readPage, snippetsOf } from '../docs/read.ts';

let here: Checkout;

async function git(...args: string[]): Promise<void> {
  await execa('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], { cwd: here.root });
}

beforeAll(async () => {
  here = await checkout();
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '--no-verify', '-m', 'A clone');
});
afterAll(() => here[Symbol.asyncDispose]());

/** As a person would: in a shell that stops at the first command that fails. */
function typed(text: string) {
  return execa('bash', ['-euo', 'pipefail', '-c', text], {
    cwd: here.root,
    env: here.env,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
}

describe('what the guides say to type works', () => {
  const blocks = pages.flatMap((page) => snippetsOf(page, readPage(page)).filter(({ runs }) => runs));
  test.each(blocks)('$place', async ({ text }) => {
    await git('checkout', '-q', '.');
    await git('clean', '-fdq');
    const { exitCode, all } = await typed(text);
    expect(exitCode, all).toBe(0);
  });

  test('a block whose first command fails does not', async () => {
    expect((await typed('pnpm phyllome lint nosuch\ntrue')).exitCode).toBe(2);
  });
});

describe('what the recorded sessions show still comes', () => {
  const page = readPage('docs/sessions/README.md');
  test.each(sessions.filter(({ quick }) => quick === true))('$name', async (session) => {
    await git('checkout', '-q', '.');
    const recorded = page
      .split(`## ${session.title}\n`)[1]
      ?.split('\n```')[1]
      ?.replace(/^console\n/u, '');
    const played = await play(session, { root: here.root, env: here.env });
    expect(timeless(played)).toBe(timeless(recorded ?? ''));
  });
});
