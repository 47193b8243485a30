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

/** Wordings that a native reader stumbles over, with what to write instead. In messages; comments are for reviews. */
const wordings = [
  [/\bmend(?:s|ed|ing)?\b/iu, 'fix'],
  [/\bvouch(?:es|ed)?\b/iu, 'cannot verify X: no checksum'],
  [/\bnobody listens\b/iu, 'connection refused'],
  [/\bthe answer is no\b/iu, 'the check or the build failed'],
  [/\bnothing to complain about\b/iu, 'no problems found'],
  [/\b(?:does|do) not tell\b/iu, 'does not report'],
  [/(?<!\bthere )\b(?:is|are) no (?!longer\b|more\b|such\b)[a-z]/iu, 'is not a …'],
];

/** Plain English in what people read: the strings of messages and help texts. */
const plainEnglish = {
  create(context) {
    function check(node, text) {
      for (const [wording, better] of wordings)
        if (wording.test(text)) context.report({ node, message: `Plain English, please: "${better}".` });
    }
    return {
      Literal: (node) => typeof node.value === 'string' && check(node, node.value),
      TemplateElement: (node) => check(node, node.value.cooked ?? ''),
    };
  },
};

export default {
  meta: { name: 'dialect' },
  rules: { 'block-functions': blockFunctions, 'zod-import': zodImport, 'plain-english': plainEnglish },
};
