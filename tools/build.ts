/** Bundles the operator into dist/. */
import { rm, stat } from "node:fs/promises";
import { bundle } from "./bundle.ts";
import { compile } from "./compile.ts";

await Promise.all(
  ["compiled", "main.js", "operator.js"].map((name) =>
    rm(`dist/${name}`, { recursive: true, force: true }),
  ),
);
await bundle("dist");
compile("dist");

const { size } = await stat("dist/operator.js");
console.log(`dist/main.js, dist/operator.js ${(size / 1e6).toFixed(1)} MB`);
