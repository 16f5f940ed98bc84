/**
 * Patterns of guardrails and policies: does a text match, does every text of one pattern match another, is
 * there a text that matches both? There are two kinds of patterns, and they are never mixed:
 * - IAM's own: `*` is any text and `?` any character, whatever it is
 * - path globs, for ARNs: `*` stops at / and :, `**` at : alone, `?` is one character but / and :
 */

/** One step of a pattern: a character, or a wildcard for one or for any number of characters. */
type Token =
  | { readonly char: string }
  | {
      /** Characters that it does not stand for. */
      readonly not: string;
      readonly many: boolean;
    };

export type Pattern = readonly Token[];

/** IAM's variables (`${aws:username}`, `${aws:username, 'a default'}`) become anything when a request is made. */
const VARIABLE = /\$\{(?:[^}']|'[^']*')*\}/g;

/** What begins like a variable and does not end like one. */
const UNENDED = /\$\{.*/s;

/** A pattern of a policy or a guardrail, as IAM reads it. */
export function iamPattern(text: string): Pattern {
  return [...text.replace(/\*+/g, "*")].map((char) =>
    char === "*" || char === "?" ? { not: "", many: char === "*" } : { char },
  );
}

/** A pattern that is asked for: each variable in it may become anything. */
export function requestedPattern(text: string): Pattern {
  return iamPattern(text.replace(VARIABLE, "*").replace(UNENDED, "*"));
}

export function pathGlob(text: string): Pattern {
  return (text.match(/\*\*+|./gsu) ?? []).map((part) => {
    if (part.startsWith("**")) return { not: ":", many: true };
    return part === "*" || part === "?" ? { not: "/:", many: part === "*" } : { char: part };
  });
}

/** A text without wildcards: every character stands for itself. */
export function exactly(text: string): Pattern {
  return [...text].map((char) => ({ char }));
}

/**
 * How many steps all comparisons of one decision may take together. Whoever writes a policy chooses the
 * patterns, and some pairs take exponentially many steps: beyond this the answer is the cautious one.
 */
export class Effort {
  #left: number;

  constructor(steps = 500_000) {
    this.#left = steps;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left > 0;
  }
}

/** In place of every character that neither pattern names. */
const OTHER = "\u0000";

/** How far `inner` has come, and where in `outer` the same text may have led. */
interface State {
  readonly at: number;
  readonly within: readonly number[];
}

/** Whether every text that matches `inner` matches `outer`; false if that took too long to find out. */
export function isContained(inner: Pattern, outer: Pattern, effort: Effort): boolean {
  const shared = sharedStart(inner, outer, effort);
  if (shared === undefined) return false;
  const alphabet = alphabetOf(inner, outer);
  const free = startOfAnything(outer);
  const seen = new Set<string>();
  const open: State[] = [{ at: shared, within: closure([shared], outer) }];
  for (let state = open.pop(); state; state = open.pop()) {
    const { at, within } = state;
    if (isWon(within, free, outer)) continue;
    if (isLost(state, inner, outer)) return false;
    const key = `${at} ${within.join()}`;
    const token = inner[at];
    if (seen.has(key) || !token) continue;
    seen.add(key);
    const chars = charsFor(token, alphabet);
    if (!effort.spend(chars.length * (1 + within.length))) return false;
    open.push(...statesAfter(state, token, outer, chars));
  }
  return true;
}

/**
 * How many characters both begin with: most pairs differ there, and are told apart at once.
 *
 * @returns `undefined` if no text can match both, or there is no effort left to find out
 */
function sharedStart(one: Pattern, other: Pattern, effort: Effort): number | undefined {
  // Also for what follows: the alphabet of both is about as long.
  if (!effort.spend(1 + Math.min(one.length, other.length))) return undefined;
  let shared = 0;
  for (;;) {
    const [left, right] = [one[shared], other[shared]];
    if (!(left && right && "char" in left && "char" in right)) return shared;
    if (left.char !== right.char) return undefined;
    shared += 1;
  }
}

/** From `free` on `outer` takes anything that may still come. */
function isWon(within: readonly number[], free: number, outer: Pattern): boolean {
  return within.some((position) => position >= free && position < outer.length);
}

/** There is a text that `inner` takes and `outer` does not. */
function isLost({ at, within }: State, inner: Pattern, outer: Pattern): boolean {
  return within.length === 0 || (at === inner.length && !within.includes(outer.length));
}

function statesAfter(
  { at, within }: State,
  token: Token,
  outer: Pattern,
  alphabet: readonly string[],
): State[] {
  const next = isMany(token) ? at : at + 1;
  const states = alphabet
    .filter((char) => takes(token, char))
    .map((char) => ({ at: next, within: advance(within, outer, char) }));
  return isMany(token) ? [{ at: at + 1, within }, ...states] : states;
}

/** Whether some text matches both; true if that took too long to find out. */
export function intersects(one: Pattern, other: Pattern, effort: Effort): boolean {
  const shared = sharedStart(one, other, effort);
  if (shared === undefined) return effort.isSpent;
  const width = other.length + 1;
  const seen = new Set<number>();
  const open: [number, number][] = [[shared, shared]];
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const [a, b] = pair;
    if (a === one.length && b === other.length) return true;
    if (seen.has(a * width + b)) continue;
    seen.add(a * width + b);
    if (!effort.spend(1)) return true;
    open.push(...pairsAfter([a, one[a]], [b, other[b]]));
  }
  return false;
}

type Place = readonly [at: number, token: Token | undefined];

function pairsAfter([a, left]: Place, [b, right]: Place): [number, number][] {
  const next: [number, number][] = [];
  if (left && isMany(left)) next.push([a + 1, b]);
  if (right && isMany(right)) next.push([a, b + 1]);
  if (left && right && haveCommon(left, right)) {
    next.push([isMany(left) ? a : a + 1, isMany(right) ? b : b + 1]);
  }
  return next;
}

function haveCommon(left: Token, right: Token): boolean {
  if ("char" in left) return takes(right, left.char);
  return "char" in right ? takes(left, right.char) : true;
}

/** The position from which on the pattern takes every text; its length if there is none. */
function startOfAnything(pattern: Pattern): number {
  const isAnything = (token: Token) => "not" in token && token.many && token.not === "";
  return pattern.findLastIndex((token) => !isAnything(token)) + 1;
}

function isMany(token: Token): boolean {
  return "many" in token && token.many;
}

function takes(token: Token, char: string): boolean {
  return "char" in token ? token.char === char : !token.not.includes(char);
}

/** Positions reached by one character, sorted. */
function advance(from: readonly number[], pattern: Pattern, char: string): readonly number[] {
  const reached: number[] = [];
  for (const position of from) {
    const token = pattern[position];
    if (token && takes(token, char)) reached.push(isMany(token) ? position : position + 1);
  }
  return closure(reached, pattern);
}

/** With the positions that are reached by a wildcard's standing for nothing. */
function closure(positions: readonly number[], pattern: Pattern): readonly number[] {
  const all = new Set(positions);
  for (const position of all) {
    const token = pattern[position];
    if (token && isMany(token)) all.add(position + 1);
  }
  return [...all].sort((a, b) => a - b);
}

function charsFor(token: Token, alphabet: readonly string[]): readonly string[] {
  return "char" in token ? [token.char] : alphabet;
}

function alphabetOf(...patterns: readonly Pattern[]): readonly string[] {
  const chars = new Set([OTHER]);
  for (const pattern of patterns) {
    for (const token of pattern) {
      for (const char of "char" in token ? token.char : token.not) chars.add(char);
    }
  }
  return [...chars];
}
