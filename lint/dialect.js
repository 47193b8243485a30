/** Rules of this project's dialect that oxlint does not have: see "Dialect" in CONTRIBUTING.md. */

/** A function that needs a block is a declaration: `const` is for those of one expression, and for typed ones. */
const blockFunctions = {
  create(context) {
    function check(statement) {
      const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
      if (declaration?.type !== 'VariableDeclaration') return;
      for (const { id, init } of declaration.declarations) {
        const isFunction = init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression';
        if (isFunction && init.body.type === 'BlockStatement' && !id.typeAnnotation)
          context.report({ node: id, message: 'Write a function with a block as a function declaration.' });
      }
    }
    return { Program: ({ body }) => body.forEach(check) };
  },
};

/** One way to import zod. */
const zodImport = {
  create(context) {
    return {
      ImportDeclaration(node) {
        const isNamespace = node.specifiers.every(({ type }) => type === 'ImportNamespaceSpecifier');
        if (node.source.value === 'zod' && !isNamespace && node.importKind !== 'type')
          context.report({ node, message: "Write import * as z from 'zod'." });
      },
    };
  },
};

/** Wordings that a native reader stumbles over, with what to write instead: in messages, help texts and comments. */
const wordings = [
  [/\b(?:tells?|telling|told)\b/iu, 'report, print, say, distinguish'],
  [/\bmend(?:s|ed|ing)?\b/iu, 'fix'],
  [/\b(?:un)?heed(?:s|ed|ing)?\b/iu, 'apply, ignored'],
  [/\bvouch(?:es|ed)?\b/iu, 'cannot verify X: no checksum'],
  [/\blies?\b/iu, 'is'],
  [/\bwhoever\b/iu, 'the user, the caller, the process that …'],
  [/\bnobody (?:knows|listens)\b/iu, 'unknown, connection refused'],
  [/\bthe answer is no\b/iu, 'the check or the build failed'],
  [/\bnothing to complain about\b/iu, 'no problems found'],
  [/(?<!\bthere |where )\b(?:is|are) no (?!longer\b|more\b|such\b|one\b)[a-z]/iu, 'is not a …'],
];

/** Plain English in what people read. */
const plainEnglish = {
  create(context) {
    function check(place, text) {
      for (const [wording, better] of wordings)
        if (wording.test(text)) context.report({ ...place, message: `Plain English, please: "${better}".` });
    }
    return {
      Literal: (node) => typeof node.value === 'string' && check({ node }, node.value),
      TemplateElement: (node) => check({ node }, node.value.cooked ?? ''),
      Program() {
        for (const { loc, value } of context.sourceCode.getAllComments())
          // A sentence goes on on the next line; a name in backticks is a name.
          check({ loc }, value.replaceAll(/\n\s*\*/gu, '').replaceAll(/`[^`]*`/gu, '`'));
      },
    };
  },
};

export default {
  meta: { name: 'dialect' },
  rules: { 'block-functions': blockFunctions, 'zod-import': zodImport, 'plain-english': plainEnglish },
};
