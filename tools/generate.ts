/** Writes what is generated. `make verify` then fails if the committed files differ. */
import { mkdirSync, writeFileSync } from "node:fs";
import { generatedFiles, ROOT } from "./generated-files.ts";

for (const [path, content] of generatedFiles()) {
  const file = new URL(path, ROOT);
  mkdirSync(new URL("./", file), { recursive: true });
  writeFileSync(file, content);
}
