const artifactActions = /\bactions\/(?=(?:upload|download)-artifact@)/gu;
const permissions = /^( *)permissions:\n(?:\1 +[a-z-]+: [a-z]+\n)+/gmu;
const reason = /^ *# The second is what a keyless signature is by.*\n/gmu;

/** For GitHub alone: a registry of packages believes the identities of forges that it knows. */
export const isForForgejo = (name: string): boolean => name !== 'packages.yml';

/**
 * A workflow of GitHub as Forgejo runs it. Pure. Three things are otherwise there: `actions/upload-artifact` and its
 * counterpart refuse every server but GitHub's from version 4 on, while GitHub refuses version 3, so that Forgejo has
 * patched ones; permissions are not known; and a job gets its identity by a word of Forgejo's own.
 *
 * @param name of the file
 * @param text of `.github/workflows/`
 */
export function forgejoWorkflow(name: string, text: string): string {
  const changed = text
    .replaceAll(artifactActions, 'https://code.forgejo.org/forgejo/')
    .replaceAll(reason, '')
    .replaceAll(permissions, (block, indent: string) =>
      block.includes('id-token: write') ? `${indent}enable-openid-connect: true\n` : '',
    );
  return `# Made of .github/workflows/${name} by pnpm docs:workflows, for Forgejo. Edit that one.\n${changed}`;
}
