import type { Help } from './help.ts';

/** What each section is for. */

const SCRIPT = {
  '--erroronfail': 'A script that fails ends the installation, instead of being noted in the log.',
  '--interpreter': 'The program that runs the script, `/bin/sh` when left out.',
  '--log': 'A file to which its output goes, too.',
};

export const SECTIONS: Readonly<Partial<Record<string, Help>>> = {
  '%packages': {
    does: 'What is installed, one entry a line: a package, `@group`, `@^environment`; with a dash in front it is left out. Globs work. All sections of this name are one.',
    options: {
      '--default': 'Adds the default environment.',
      '--excludedocs': 'Leaves out what packages mark as documentation.',
      '--ignoremissing': 'Goes on without packages that no repository has. Misspelt names pass unseen.',
      '--ignorebroken': 'Goes on without packages whose dependencies cannot be met.',
      '--multilib': 'Also installs the 32-bit libraries of packages.',
      '--nocore': 'Leaves out the group Core, which is installed otherwise. What boots and logs in must then be named.',
      '--timeout': 'Seconds to wait for a repository.',
      '--retries': 'How often a download is tried again.',
      '--inst-langs': 'The languages whose translations are installed, with commas; `none` for no translations.',
      '--instLangs': 'The languages whose translations are installed, with commas; `none` for no translations.',
      '--exclude-weakdeps': 'Leaves out what packages only recommend.',
      '--excludeWeakdeps': 'Leaves out what packages only recommend.',
    },
  },
  '%pre': {
    does: 'A script that runs in the installer before anything else. It can write files for `%include` of a path in `/tmp`.',
    options: SCRIPT,
  },
  '%pre-install': {
    does: 'A script that runs in the installer when the disks are ready, before packages are installed.',
    options: SCRIPT,
  },
  '%post': {
    does: 'A script that runs after the packages are installed, inside of the new system. Several run in their order.',
    options: {
      ...SCRIPT,
      '--nochroot': 'Runs in the installer instead: the new system is below `/mnt/sysimage`.',
    },
  },
  '%onerror': { does: 'A script that runs when the installer fails: to save logs, for example.', options: SCRIPT },
  '%traceback': {
    does: 'A script that runs when the installer itself crashes. `%onerror` does that, too.',
    options: SCRIPT,
  },
  '%certificate': {
    does: 'A certificate in PEM, which the installer trusts and installs.',
    options: {
      '--filename': 'The name of the file it becomes.',
      '--dir': 'The directory of that file.',
      '--type': 'What uses the certificate, which decides the directory.',
    },
  },
  '%addon': {
    does: 'Lines for an add-on of the installer, whose name is the first word: `%addon com_redhat_kdump`.',
    options: {},
  },
  '%anaconda': {
    does: 'Settings of the installer itself, as its password policies. Newer releases ignore it.',
    options: {},
  },
};
