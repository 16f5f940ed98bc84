/**
 * Lays out the files of the image in a folder: what the Dockerfile copies, and what a test starts without Docker.
 *
 *     node tools/image.ts dist/image
 */
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { compile } from "./compile.ts";
import { notices } from "./notices.ts";
import { sbom } from "./sbom.ts";

/** @param root becomes the root directory of the image, over that of its base */
export async function layOut(root: string): Promise<void> {
  const app = join(root, "app");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(app, { recursive: true });
  const bundled = await bundle(app);
  compile(app);
  copyFileSync("LICENSE", join(app, "LICENSE"));
  writeFileSync(join(app, "THIRD-PARTY-NOTICES.txt"), notices(bundled));
  writeFileSync(join(app, "sbom.cdx.json"), sbom(bundled));
  // Everybody may read it, whatever the umask; one time, so that layers have one hash.
  for (const path of [app, ...globSync(join(app, "**"))].toSorted().toReversed()) {
    chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
    utimesSync(path, 0, 0);
  }
}

const [, script, root] = process.argv;
if (script === import.meta.filename) {
  if (root === undefined) throw new Error("name the folder: node tools/image.ts dist/image");
  await layOut(root);
  console.log(`the files of the image are in ${root}`);
}
