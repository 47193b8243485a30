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

export default { meta: { name: 'dialect' }, rules: { 'block-functions': blockFunctions, 'zod-import': zodImport } };
