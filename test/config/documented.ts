/** The commands that docs/uninstall.md tells its readers to type. */
import { readFileSync } from "node:fs";

const PAGE = "docs/uninstall.md";

/**
 * The kubectl commands below a heading, each as its arguments.
 *
 * @throws Error if there are none, or others
 */
export function documentedCommands(heading: string): readonly (readonly string[])[] {
  const [, section = ""] = readFileSync(PAGE, "utf8").split(`## ${heading}\n`);
  const [text = ""] = section.split("\n## ");
  const blocks = [...text.matchAll(/^```sh\n([^`]*)^```/gm)].map((match) => match[1] ?? "");
  const commands = blocks
    .flatMap((block) => block.trim().split("\n"))
    .map((line) => [...line.matchAll(/'[^']*'|\S+/g)].map(([word]) => word.replaceAll("'", "")));
  if (commands.length === 0 || commands.some(([program]) => program !== "kubectl")) {
    throw new Error(`${PAGE} has not only kubectl commands below "${heading}"`);
  }
  return commands.map(([, ...args]) => args);
}
