/** `make docs-open`: opens each page of dist/docs in a headless Chromium, and fails if it is empty or the browser complains. */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import PQueue from "p-queue";

const { CHROMIUM: chromium = "chromium" } = process.env;
const site = "dist/docs";
const browsers = new PQueue({ concurrency: 4 });

/** What is wrong with the page as the browser shows it. */
async function complaints(page: string, profiles: string): Promise<readonly string[]> {
  const profile = await mkdtemp(join(profiles, "profile-"));
  // Containers let nobody make the namespaces of Chromium's sandbox; the pages are our own.
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"];
  const args = [...flags, `--user-data-dir=${profile}`, "--dump-dom"];
  const { stdout, stderr } = await promisify(execFile)(
    chromium,
    [...args, `file://${resolve(site, page)}`],
    { maxBuffer: 2 ** 26 },
  );
  const said = stderr.split("\n").filter((line) => line.includes(":CONSOLE"));
  const shown = /<main>.*<h1[^>]*>(?!<\/h1>)/s.test(stdout);
  return [...said, ...(shown ? [] : ["shows no heading"])].map((one) => `${page}: ${one}`);
}

const pages = globSync("**/*.html", { cwd: site }).sort();
const profiles = await mkdtemp(join(tmpdir(), "docs-open-"));
const found = (await browsers.addAll(pages.map((page) => () => complaints(page, profiles)))).flat();
await rm(profiles, { recursive: true, force: true });
for (const complaint of found) console.error(complaint);
console.log(`${pages.length} pages opened, ${found.length} complaints`);
process.exitCode = pages.length > 0 && found.length === 0 ? 0 : 1;
