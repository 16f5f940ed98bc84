/** The packages that the operator ships with, as package-lock.json pins them. */
import { readFileSync } from "node:fs";

interface LockedPackage {
  readonly version: string;
  /** "sha512-" and base64. */
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface RuntimePackage {
  readonly name: string;
  readonly version: string;
  /** "node_modules/a/node_modules/@b/c" */
  readonly path: string;
  readonly license: string;
  readonly integrity?: string;
  /** Paths of what it depends on, as Node finds them. */
  readonly dependencies: readonly string[];
}

/** A package's own package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

type Locked = Readonly<Record<string, LockedPackage>>;

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Manifest;
}

/** The lockfile leaves the licence out of some packages; their own package.json has it. */
function licenseOf(path: string, locked: LockedPackage): string {
  if (locked.license) return locked.license;
  return manifestOf(path).license ?? "none stated";
}

/** Node looks in the package's own node_modules first, then in those of each folder that it lies in. */
function found(packages: Locked, from: string, name: string): string | undefined {
  const parts = from.split("/node_modules/");
  const folders = parts.map((_, depth) =>
    parts.slice(0, parts.length - depth).join("/node_modules/"),
  );
  const paths = [
    ...folders.map((folder) => `${folder}/node_modules/${name}`),
    `node_modules/${name}`,
  ];
  return paths.find((path) => path in packages);
}

function dependenciesOf(packages: Locked, path: string): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = packages[path] ?? {};
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const paths = names.map((name) => found(packages, path, name));
  return paths.filter((one) => one !== undefined);
}

/** The path of the package that a file is of, below node_modules wherever that lies. */
export function packageOf(file: string): string | undefined {
  return /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/** By path. */
export function runtimePackages(): readonly RuntimePackage[] {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Locked;
  };
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
    .map(([path, locked]) => ({
      name: path.replace(/^.*node_modules\//, ""),
      version: locked.version,
      path,
      license: licenseOf(path, locked),
      ...(locked.integrity ? { integrity: locked.integrity } : {}),
      dependencies: dependenciesOf(packages, path),
    }));
}
