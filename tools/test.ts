/**
 * Runs all tests in two processes side by side, each with a control plane of its own: most of their time
 * is waiting. What failed is said once more at the end, where it is looked for; the last line is
 * "N passed, N failed".
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

const MOCHA = new URL("../node_modules/.bin/mocha", import.meta.url).pathname;
const UNIT_TESTS = "test/**/*.test.ts";

interface Result {
  readonly passed: number;
  readonly failed: number;
  /** What mocha says of each failure; empty without any. */
  readonly failures: string;
}

/** About equally long. */
const files = globSync("test/**/*.cluster.ts").toSorted();
const middle = Math.floor(files.length / 2);

/** @param isLive whether its output is shown while it runs; otherwise when it has ended */
async function run(specs: readonly string[], isLive: boolean): Promise<Result> {
  const chosen = specs.flatMap((file) => ["--spec", file]);
  const others = isLive ? [] : ["--ignore", UNIT_TESTS];
  const mocha = spawn(process.execPath, [MOCHA, ...chosen, ...others], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  mocha.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (isLive) process.stdout.write(text);
  });
  const [code] = await once(mocha, "close");
  if (!isLive) process.stdout.write(output);
  const counts = /(\d+) passed, (\d+) failed[^\n]*\n?$/.exec(output);
  const [, passed = 0, failed = 0] = counts ?? [];
  const [failures = ""] = /^ +\d+ failing$[\s\S]*/m.exec(stripVTControlCharacters(output)) ?? [];
  // One that ended without saying so has failed, whatever it said before.
  const broke = code !== 0 && Number(failed) === 0 ? 1 : 0;
  return {
    passed: Number(passed),
    failed: Number(failed) + broke,
    failures: broke === 1 ? `${output.slice(-2_000)}\nmocha ended with code ${code}\n` : failures,
  };
}

const results = await Promise.all([
  run(files.slice(0, middle), true),
  run(files.slice(middle), false),
]);
const sum = (of: (result: Result) => number) =>
  results.reduce((total, result) => total + of(result), 0);
const failed = sum((result) => result.failed);
for (const { failures } of results) if (failures !== "") console.log(failures);
console.log(`${sum((result) => result.passed)} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
