// The expressions of workflow files (`${{ … }}`, and `if:`), as far as ours use them: contexts, strings, `==`, `!=`, `!`,
// `&&`, `||`, parentheses, `fromJSON()`, and the status functions. Everything else is an error, and so is a name that a
// context lacks, which a real runner takes for an empty string: that is how a typing error shows.

/** What an expression can be. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** What an expression can see, where it stands. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Value>>;
  /** Whether something before it failed; undefined where `success()` and the like are not allowed. */
  readonly failed?: boolean | undefined;
}

/** Set by the owner of the repository, or not: what is missing is empty. */
const optional = new Set(['vars', 'secrets']);

const token = /\s*(?:'(?<text>(?:[^']|'')*)'|(?<name>[A-Za-z_][\w-]*)|(?<sign>==|!=|&&|\|\||[!().]))/uy;

interface Token {
  kind: 'text' | 'name' | 'sign' | 'end';
  value: string;
}

/** @throws {Error} on an expression of a kind that is not known here, and on a name that is not there */
export function evaluate(expression: string, scope: Scope): Value {
  const tokens = tokensOf(expression);
  const wrong = (what: string): never => {
    throw new Error(`the expression ${expression.trim()} ${what}`);
  };
  const peek = (): Token => tokens[0] ?? { kind: 'end', value: '' };
  const isNext = (...signs: string[]): boolean => peek().kind === 'sign' && signs.includes(peek().value);
  const take = (kind: Token['kind'], value?: string): string => {
    const next = tokens.shift() ?? { kind: 'end', value: 'its end' };
    if (next.kind === kind && (value ?? next.value) === next.value) return next.value;
    return wrong(`has ${next.value} where ${value ?? `a ${kind}`} is expected`);
  };

  // Each part becomes a function, so that the right side of && and || is looked at only where it counts.
  type Part = () => Value;
  const either = (): Part => {
    let left = both();
    while (isNext('||')) {
      take('sign');
      const [first, second] = [left, both()];
      left = () => [first()].find(isTrue) ?? second();
    }
    return left;
  };
  const both = (): Part => {
    let left = comparison();
    while (isNext('&&')) {
      take('sign');
      const [first, second] = [left, comparison()];
      left = () => {
        const value = first();
        return isTrue(value) ? second() : value;
      };
    }
    return left;
  };
  const comparison = (): Part => {
    const left = unary();
    if (!isNext('==', '!=')) return left;
    const negated = take('sign') === '!=';
    const right = unary();
    return () => equal(left(), right()) !== negated;
  };
  const equal = (left: Value, right: Value): boolean =>
    typeof left === 'string' && typeof right === 'string'
      ? left.toLowerCase() === right.toLowerCase()
      : wrong('compares what is not two strings');
  const unary = (): Part => {
    if (isNext('!')) {
      take('sign');
      const operand = unary();
      return () => !isTrue(operand());
    }
    if (isNext('(')) {
      take('sign');
      const inner = either();
      take('sign', ')');
      return inner;
    }
    if (peek().kind === 'text') {
      const text = take('text');
      return () => text;
    }
    const name = take('name');
    return isNext('(') ? call(name) : property(name);
  };
  const call = (name: string): Part => {
    take('sign', '(');
    const argument = isNext(')') ? undefined : either();
    take('sign', ')');
    const { failed } = scope;
    if (name === 'fromJSON' && argument) {
      return () => {
        const text = argument();
        return typeof text === 'string' ? JSON.parse(text) : wrong('reads what is not a string as JSON');
      };
    }
    if (argument || failed === undefined) return wrong(`calls ${name}, which is not known here`);
    if (name === 'always') return () => true;
    if (name === 'success') return () => !failed;
    if (name === 'failure') return () => failed;
    return wrong(`calls ${name}, which is not known here`);
  };
  const property = (context: string): Part => {
    const path: string[] = [];
    while (isNext('.')) {
      take('sign');
      path.push(take('name'));
    }
    return () => {
      let value: Value = lookUp(scope.contexts, context) ?? wrong(`names ${context}, which is no context here`);
      for (const name of path) {
        const found = lookUp(value, name);
        if (found === undefined && optional.has(context)) return '';
        value = found ?? wrong(`names ${[context, ...path].join('.')}, which is not there`);
      }
      return value;
    };
  };

  const value = either();
  take('end');
  return value();
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text)?.groups;
    if (found === undefined)
      throw new Error(`the expression ${text.trim()} has ${text.slice(at).trim()}, which is not known here`);
    if (found['text'] !== undefined) tokens.push({ kind: 'text', value: found['text'].replaceAll("''", "'") });
    else if (found['name'] !== undefined) tokens.push({ kind: 'name', value: found['name'] });
    else tokens.push({ kind: 'sign', value: found['sign'] ?? '' });
  }
  return [...tokens, { kind: 'end', value: 'its end' }];
}

function lookUp(value: Value, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return new Map<string, Value>(Object.entries(value)).get(name);
}

const isTrue = (value: Value): boolean => value !== '' && value !== 0 && value !== false && value !== null;

/** A text with every `${{ … }}` in it evaluated. */
export function render(text: string, scope: Scope): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gsu, (_, expression: string) => {
    const value = evaluate(expression, scope);
    if (typeof value === 'object' && value !== null) throw new Error(`${expression.trim()} is not a text`);
    return value === null ? '' : String(value);
  });
}

/** Whether a job or a step with this `if:` runs: where it asks for no status, only when nothing failed. */
export function holds(condition: string | undefined, scope: Scope): boolean {
  if (condition === undefined) return scope.failed !== true;
  const [, inner = condition] = /^\s*\$\{\{(.*)\}\}\s*$/su.exec(condition) ?? [];
  const asks = /\b(?:always|success|failure|cancelled)\s*\(/u.test(inner);
  return isTrue(evaluate(asks ? inner : `success() && (${inner})`, scope));
}
