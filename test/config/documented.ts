/** The commands that docs/uninstall.md tells its readers to type. */
import { commandsOf } from "../docs/commands.ts";

const PAGE = "docs/uninstall.md";

/**
 * The kubectl commands below a heading, each as its arguments.
 *
 * @throws Error if there are none, or others
 */
export function documentedCommands(heading: string): readonly (readonly string[])[] {
  const commands = commandsOf(PAGE, heading).map(({ words }) => words);
  if (commands.some(([program]) => program !== "kubectl")) {
    throw new Error(`${PAGE} has not only kubectl commands below "${heading}"`);
  }
  return commands.map(([, ...args]) => args);
}
