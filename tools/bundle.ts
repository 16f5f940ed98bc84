/** Bundles the operator: minified ES modules that need nothing but Node, the same from whatever folder they are built. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { packageOf } from "./lockfile.ts";

/** The cache has to be switched on before the code that it is for is loaded; it is found wherever both are moved. */
const MAIN = `import { enableCompileCache } from "node:module";
enableCompileCache({ directory: new URL("compiled", import.meta.url).pathname, portable: true });
await import("./operator.js");
`;

/** Some dependencies are CommonJS and call require() or read __dirname, which an ES module lacks. */
const COMMONJS_BANNER = [
  'import { createRequire as __createRequire } from "node:module";',
  'import { fileURLToPath as __fileURLToPath } from "node:url";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = __fileURLToPath(import.meta.url);",
  'const __dirname = __fileURLToPath(new URL(".", import.meta.url));',
].join("");

/** zod carries its messages in fifty languages; ours are written out, in English. */
const withoutLanguages: Plugin = {
  name: "without-languages",
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export {};" }));
  },
};

/**
 * Writes main.js, which is what one starts, and operator.js.
 *
 * @returns paths of the packages of which something went into it
 */
export async function bundle(folder: string): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    entryPoints: ["src/main.ts"],
    outfile: join(folder, "operator.js"),
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: COMMONJS_BANNER },
    plugins: [withoutLanguages],
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  await writeFile(join(folder, "main.js"), MAIN);
  const packages = Object.keys(metafile.inputs).map(packageOf);
  return new Set(packages.filter((path) => path !== undefined));
}
