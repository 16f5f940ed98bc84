/** How the demo looks: headings, commands, and what they printed, indented. */

const bold = (text: string) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);

export function heading(text: string): void {
  console.log(`\n${bold(text)}`);
}

export function command(text: string): void {
  console.log(`\n${bold(`$ ${text}`)}`);
}

export function show(output: string): void {
  const lines = output.trimEnd().split("\n");
  console.log(lines.map((line) => `  ${line}`).join("\n"));
}
