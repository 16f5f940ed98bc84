/** The commands that documentation tells its readers to type, and the output that it shows for them. */
import { readFileSync } from "node:fs";

export interface Command {
  /** As it stands there, on one line. */
  readonly text: string;
  /** Program and arguments; a shell's quotes are gone. */
  readonly words: readonly string[];
  /** Lines that the page shows as its output. */
  readonly output: readonly string[];
}

/**
 * Those of all `sh` and `console` blocks and of indented blocks that begin with `make`, `kubectl` or `helm`; with a heading, of
 * that section alone.
 *
 * @throws Error if there are none: the page or the heading is no more
 */
export function commandsOf(page: string, heading?: string): readonly Command[] {
  const commands = blocksOf(sectionOf(readFileSync(page, "utf8"), heading)).flatMap(commandsIn);
  if (commands.length > 0) return commands;
  throw new Error(`${page} has no commands${heading === undefined ? "" : ` below "${heading}"`}`);
}

function sectionOf(text: string, heading: string | undefined): string {
  if (heading === undefined) return text;
  const [, section = ""] = text.split(`## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return own;
}

/** Each block as its lines, in the order of the page; with `console` the commands begin with `$ `. */
function blocksOf(text: string): readonly (readonly string[])[] {
  const fenced = /^```(?:sh|console)\n([^`]*)^```/.source;
  const indented = /(?<=\n\n)(?: {4}(?:make|kubectl|helm) .*\n)+/.source;
  return [...text.matchAll(new RegExp(`${fenced}|${indented}`, "gm"))].map(([block, inside]) =>
    (inside ?? block.replace(/^ {4}/gm, "")).replaceAll("\\\n", "").trimEnd().split("\n"),
  );
}

function commandsIn(lines: readonly string[]): readonly Command[] {
  const prompts = lines.some((line) => line.startsWith("$ "));
  if (!prompts) return lines.map((line) => command(line, []));
  const starts = lines.flatMap((line, index) => (line.startsWith("$ ") ? [index] : []));
  return starts.map((start, index) =>
    command((lines[start] ?? "").slice(2), lines.slice(start + 1, starts[index + 1])),
  );
}

function command(line: string, output: readonly string[]): Command {
  const text = line.replace(/\s+/g, " ").trim();
  const words = [...text.replace(/ #.*$/, "").matchAll(/'[^']*'|\S+/g)].map(([word]) =>
    word.replaceAll("'", ""),
  );
  return { text, words, output };
}
