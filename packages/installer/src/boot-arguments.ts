/**
 * Kernel arguments of a live medium. lorax puts them into the boot menu as they are: a line of its template is cut into
 * words like a shell's, its braces are expanded, and the words become the replacement of a regular expression
 * (`src/pylorax/ltmpl.py`, `live/x86.tmpl`); what comes out is a line of GRUB's script, in which `;` begins another
 * command and `$` a variable (GRUB, `grub-core/script/yylex.l`).
 */
const metacharacters = /['"\\{}$;&|<>\p{Cc}]/u;

/** A word that begins so is a comment for GRUB, and the rest of the line with it. */
const comment = /(?:^|\s)#/u;

/**
 * Why these kernel arguments, with blanks between them, cannot be put into a boot menu: the end of a sentence about them.
 * Undefined: they can. Pure.
 */
export function bootArgumentsProblem(text: string): string | undefined {
  const found = metacharacters.exec(text)?.[0] ?? (comment.test(text) ? '#' : undefined);
  return found === undefined
    ? undefined
    : `have ${JSON.stringify(found)} in them, which lorax's template or GRUB obeys instead of handing it to the kernel`;
}
