/** Bundles the operator into dist/main.js: one minified ES module that needs nothing but Node. */
import { stat } from "node:fs/promises";
import { build } from "esbuild";

/** Some dependencies are CommonJS and call require() or read __dirname, which an ES module lacks. */
const COMMONJS_BANNER = [
  'import { createRequire as __createRequire } from "node:module";',
  'import { fileURLToPath as __fileURLToPath } from "node:url";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = __fileURLToPath(import.meta.url);",
  'const __dirname = __fileURLToPath(new URL(".", import.meta.url));',
].join("");

await build({
  entryPoints: ["src/main.ts"],
  outfile: "dist/main.js",
  bundle: true,
  minify: true,
  keepNames: true,
  platform: "node",
  target: "node24",
  format: "esm",
  banner: { js: COMMONJS_BANNER },
  legalComments: "none",
  logLevel: "warning",
});

const { size } = await stat("dist/main.js");
console.log(`dist/main.js ${(size / 1e6).toFixed(1)} MB`);
