/** `make docs-open`: opens each page of dist/docs in a headless Chromium, and fails if it is empty or the browser complains. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";

const { CHROMIUM: chromium = "chromium" } = process.env;
const site = "dist/docs";
// Containers let nobody make the namespaces of Chromium's sandbox; the pages are our own.
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"];

/** What is wrong with the page as the browser shows it. */
function complaints(page: string): readonly string[] {
  const args = [...flags, "--dump-dom", `file://${resolve(site, page)}`];
  const { error, stdout, stderr } = spawnSync(chromium, args, { encoding: "utf8" });
  if (error) throw error;
  const said = stderr.split("\n").filter((line) => line.includes(":CONSOLE"));
  const shown = /<main>.*<h1[^>]*>(?!<\/h1>)/s.test(stdout);
  return [...said, ...(shown ? [] : ["shows no heading"])].map((one) => `${page}: ${one}`);
}

const pages = globSync("**/*.html", { cwd: site }).sort();
const found = pages.flatMap(complaints);
for (const complaint of found) console.error(complaint);
console.log(`${pages.length} pages opened, ${found.length} complaints`);
process.exitCode = pages.length > 0 && found.length === 0 ? 0 : 1;
