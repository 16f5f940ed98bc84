/**
 * Checks that a version can be released, and builds its files into dist/release. It publishes nothing: it prints the
 * commands that do.
 *
 *     node tools/release.ts 0.1.0
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { layOut } from "./image.ts";
import { notesOf, obstacles } from "./releasable.ts";

const FOLDER = "dist/release";
const CHART = "config/chart/Chart.yaml";
/** Of the image's files: not the cache of compiled code, which is for one kind of processor. */
const SHIPPED = ["LICENSE", "THIRD-PARTY-NOTICES.txt", "main.js", "operator.js", "sbom.cdx.json"];

const read = (path: string) => readFileSync(path, "utf8");

/** @throws Error with what the program said, if it failed */
function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}:\n${stdout}${stderr}`);
  return stdout;
}

async function build(version: string): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await layOut("dist/image");
  for (const name of SHIPPED) copyFileSync(join("dist/image/app", name), join(FOLDER, name));
  const definitions = globSync("crds/podidentity.io_*.yaml").toSorted().map(read);
  writeFileSync(join(FOLDER, "crds.yaml"), definitions.join("---\n"));
  writeFileSync(join(FOLDER, "notes.md"), notesOf(read("CHANGELOG.md"), version));
  const sums = globSync(join(FOLDER, "*"))
    .toSorted()
    .map((file) => {
      const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
      return `${sum}  ${basename(file)}\n`;
    });
  writeFileSync(join(FOLDER, "SHA256SUMS"), sums.join(""));
}

/** What a maintainer types, having looked at dist/release. */
function commands(version: string): string {
  const image = `"$IMAGE:${version}"`;
  const chart = [
    `helm package config/chart --destination dist`,
    `helm push dist/pod-identity-operator-${version}.tgz "$CHARTS"`,
  ];
  return [
    `git tag --annotate v${version} --message v${version} && git push origin v${version}`,
    `make image IMAGE=${image} && docker push ${image}`,
    ...(existsSync(CHART) ? chart : []),
    `gh release create v${version} ${FOLDER}/* --notes-file ${FOLDER}/notes.md`,
  ].join("\n");
}

const [, , version = ""] = process.argv;
const wrong = obstacles(version, {
  packageVersion: (JSON.parse(read("package.json")) as { version: string }).version,
  chart: existsSync(CHART) ? read(CHART) : undefined,
  changelog: read("CHANGELOG.md"),
  uncommitted: run("git", "status", "--porcelain"),
  tags: run("git", "tag", "--list").split("\n"),
});
if (wrong.length > 0) {
  console.error(["this cannot be released yet:", ...wrong].join("\n- "));
  process.exit(1);
}
console.log("make check");
run("make", "check");
await build(version);
console.log(run("sh", "-c", `cd ${FOLDER} && sha256sum --check SHA256SUMS && cat SHA256SUMS`));
console.log(`Nothing was published. To publish what is in ${FOLDER}:\n\n${commands(version)}`);
