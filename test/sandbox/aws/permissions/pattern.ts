/** IAM's patterns: `*` is any text, `?` any one character, `${key}` a value of the request (IAM user guide, "Policy variables"). */

/** Values of the request by key, in lower case; several where a key has several. */
export type Context = ReadonlyMap<string, readonly string[]>;

export function contextOf(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): Context {
  const entries = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key.toLowerCase(), [value].flat()] as const],
  );
  return new Map(entries);
}

/** Whether a text is within a pattern. A variable without a value is within none. */
export function isWithin(
  text: string,
  pattern: string,
  how: { readonly context: Context; readonly ignoresCase?: boolean },
): boolean {
  const filled = fillIn(pattern, how.context);
  if (filled === undefined) return false;
  return new RegExp(`^${filled}$`, how.ignoresCase ? "is" : "s").test(text);
}

/** As a regular expression; what a variable stands for is no pattern, and `${*}`, `${?}`, `${$}` are those very characters. */
function fillIn(pattern: string, context: Context): string | undefined {
  let isKnown = true;
  const filled = pattern.replaceAll(
    /\$\{([^}]*)\}|\*|\?|[^*?$]+|\$/g,
    (part, variable?: string) => {
      if (part === "*") return ".*";
      if (part === "?") return ".";
      if (variable === undefined) return literally(part);
      if (["*", "?", "$"].includes(variable)) return literally(variable);
      const [name = "", fallback] = variable.split(/,\s*/);
      const value = context.get(name.trim().toLowerCase())?.[0] ?? fallback?.replace(/^'|'$/g, "");
      isKnown &&= value !== undefined;
      return literally(value ?? "");
    },
  );
  return isKnown ? filled : undefined;
}

const literally = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
