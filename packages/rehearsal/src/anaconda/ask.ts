import { createInterface } from 'node:readline';

/**
 * Asks on the console for a new passphrase, twice. Nothing of it is shown.
 *
 * @throws when the console is at its end
 */
export async function askPassphrase(what: string): Promise<string> {
  for (;;) {
    const first = await ask(`Passphrase for ${what}: `);
    if (first === '') process.stdout.write('It cannot be empty.\n');
    else if ((await ask('The same again: ')) === first) return first;
    else process.stdout.write('They are not the same.\n');
  }
}

/** One line, without echo. */
async function ask(prompt: string): Promise<string> {
  const terminal = process.stdin.isTTY;
  // In raw mode nothing is shown of what is typed, and lines have to be made of it here.
  if (terminal) process.stdin.setRawMode(true);
  process.stdout.write(prompt);
  try {
    return terminal ? await typedLine() : await nextLine();
  } finally {
    if (terminal) process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stdout.write('\n');
  }
}

function typedLine(): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const onEnd = (): void => finish(() => reject(new Error('the console is at its end')));
    const onData = (chunk: Buffer): void => {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n') return finish(() => resolve(typed.join('')));
        if (character === '\u007F' || character === '\b') typed.pop();
        else if (character === '\u0015') typed = [];
        else if (character >= ' ') typed.push(character);
      }
    };
    const finish = (then: () => void): void => {
      process.stdin.off('data', onData);
      process.stdin.off('end', onEnd);
      then();
    };
    process.stdin.on('data', onData);
    process.stdin.on('end', onEnd);
    process.stdin.resume();
  });
}

async function nextLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  throw new Error('the console is at its end');
}
