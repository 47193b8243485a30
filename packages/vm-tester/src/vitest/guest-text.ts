/** Name and value of each; quotes may hold blanks (the kernel's Documentation/admin-guide/kernel-parameters.rst). */
export function kernelArguments(line: string): [name: string, value: string | undefined][] {
  const words = line.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  return words.map((word) => {
    const plain = word.replaceAll('"', '');
    const sign = plain.indexOf('=');
    return sign < 0 ? [plain, undefined] : [plain.slice(0, sign), plain.slice(sign + 1)];
  });
}

/** The wanted version, or one that begins with it and goes on after a `-`, `.`, `+` or `~`. */
export function isVersion(installed: string, wanted: string): boolean {
  const plain = installed.replace(/^\d+:/, ''); // without the epoch
  return [installed, plain].some(
    (one) => one === wanted || (one.startsWith(wanted) && /^[-.+~]/.test(one.slice(wanted.length))),
  );
}

export interface Mount {
  source: string;
  path: string;
  fstype: string;
  options: string[];
}

/** The lines of proc_pid_mounts(5); blanks in them are octal escapes (getmntent(3)). */
export function parseMounts(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [source = '', path = '', fstype = '', options = ''] = line
        .split(' ')
        .map((word) => word.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))));
      return { source, path, fstype, options: options.split(',') };
    });
}
