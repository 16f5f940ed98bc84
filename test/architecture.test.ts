/** The layers of src/, as a test: a file may import only from its own layer and those listed for it. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";

/** What each layer may import beside itself. Data flows down this list, imports never go up. */
const mayImport: Record<string, string[]> = {
  api: ["zod"],
  plan: ["api", "node:crypto"],
  engine: ["plan", "p-queue", "prom-client", "winston", "node:"],
  aws: ["api", "plan", "@aws-sdk/", "node:"],
  kube: ["api", "plan", "@kubernetes/client-node", "undici", "node:"],
  reconcilers: ["api", "plan", "engine", "aws", "kube"],
  "settings.ts": ["api", "zod", "node:fs"],
  "election.ts": ["plan", "engine", "kube"],
  "leadership.ts": ["plan", "engine", "kube", "election.ts", "settings.ts", "node:"],
  "sweeps.ts": ["api", "plan", "engine", "aws", "kube", "settings.ts"],
  "gauges.ts": ["api", "plan", "engine", "aws", "kube", "sweeps.ts"],
  "metrics.ts": ["api", "plan", "engine", "aws", "kube", "gauges.ts"],
  "pods.ts": ["plan", "kube"],
  "sources.ts": ["api", "plan", "kube", "watches.ts"],
  "watches.ts": ["api", "kube", "pods.ts"],
  "wakes.ts": ["api", "kube", "pods.ts", "watches.ts"],
  "agent.ts": ["plan", "engine"],
  "addon-wakes.ts": ["api", "plan", "watches.ts"],
  "addon-assembly.ts": [
    "api",
    "plan",
    "engine",
    "aws",
    "kube",
    "reconcilers",
    "metrics.ts",
    "settings.ts",
    "agent.ts",
    "watches.ts",
  ],
  "port-assembly.ts": [
    "api",
    "plan",
    "engine",
    "aws",
    "kube",
    "reconcilers",
    "guardrails.ts",
    "settings.ts",
    "sweeps.ts",
    "watches.ts",
  ],
  "orphans.ts": ["api", "plan", "engine", "aws", "kube"],
  "guardrails.ts": ["api", "plan", "kube", "reconcilers"],
  "source-assembly.ts": [
    "api",
    "plan",
    "engine",
    "kube",
    "reconcilers",
    "metrics.ts",
    "settings.ts",
    "watches.ts",
  ],
  "assembly.ts": [
    "api",
    "plan",
    "engine",
    "aws",
    "kube",
    "reconcilers",
    "settings.ts",
    "sweeps.ts",
    "guardrails.ts",
    "gauges.ts",
    "metrics.ts",
    "orphans.ts",
    "pods.ts",
    "port-assembly.ts",
    "source-assembly.ts",
    "addon-assembly.ts",
    "agent.ts",
    "watches.ts",
    "node:",
  ],
  "operator.ts": [
    "api",
    "plan",
    "engine",
    "aws",
    "kube",
    "reconcilers",
    "settings.ts",
    "assembly.ts",
    "leadership.ts",
    "metrics.ts",
    "addon-wakes.ts",
    "sources.ts",
    "wakes.ts",
  ],
  "memory.ts": ["node:v8"],
  "main.ts": ["memory.ts", "plan", "engine", "operator.ts", "settings.ts", "node:"],
};

const layerOf = (path: string) => path.split("/")[1] ?? "";
const importPattern =
  /^(?:import|export)\s[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function importsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(importPattern)].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? "";
    return target.startsWith(".") ? layerOf(normalize(join(dirname(file), target))) : target;
  });
}

function mayReach(layer: string, target: string): boolean {
  return [layer, ...(mayImport[layer] ?? [])].some(
    (allowed) => target === allowed || (/[:/]$/.test(allowed) && target.startsWith(allowed)),
  );
}

describe("architecture", () => {
  const files = globSync("src/**/*.ts");

  it("has files to look at", () => expect(files.length).to.be.greaterThan(10));

  for (const file of files) {
    it(`${file} imports only what its layer may`, () => {
      const strangers = importsOf(file).filter((target) => !mayReach(layerOf(file), target));
      expect(strangers).to.deep.equal([]);
    });
  }

  it("only settings.ts and main.ts read the environment", () => {
    const readers = files.filter((file) => /process\.env/.test(readFileSync(file, "utf8")));
    expect(readers.filter((file) => !/^src\/(settings|main)\.ts$/.test(file))).to.deep.equal([]);
  });
});
