/** Which binaries the sandbox consists of, and which versions: the go.mod files are the only place that says so. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export type BinaryName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kubectl"
  | "prometheus"
  | "promtool"
  | "gitops-health"
  | "helm";

export interface Binary {
  readonly name: BinaryName;
  /** Its main package, as a tool of go.mod. */
  readonly package: string;
  /** As in `v1.36.3`. */
  readonly version: string;
  /** How long the first build takes on 2 cores, measured. */
  readonly buildTime: string;
  readonly module: Module;
}

/** What binaries are built from, together. */
export interface Module {
  /** The folder with go.mod and go.sum. */
  readonly directory: string;
  /** The oldest Go that builds them, as in `1.26.0`. */
  readonly requiredGo: string;
  /** Of `go build`. */
  readonly flags: readonly string[];
  /** In the cache; carries the version, so that another one never takes this one's place. */
  readonly folder: string;
  /** What one can do who has no Go, as the end of a sentence. */
  readonly otherwise: string;
}

interface GoMod {
  readonly directory: string;
  readonly requiredGo: string;
  versionOf(module: string): string;
}

const controlPlane = goMod(import.meta.dirname);
const KUBERNETES_VERSION = controlPlane.versionOf("k8s.io/kubernetes");
const ETCD_VERSION = controlPlane.versionOf("go.etcd.io/etcd/server/v3");

const KUBERNETES: Module = {
  ...controlPlane,
  flags: ["-ldflags", ["-s", "-w", ...kubernetesVersion()].join(" ")],
  folder: `kubernetes-${KUBERNETES_VERSION}`,
  otherwise:
    "set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager, kubectl",
};

const charts = goMod(new URL("helm", import.meta.url).pathname);
const HELM_VERSION = charts.versionOf("helm.sh/helm/v4");

const HELM: Module = {
  ...charts,
  flags: ["-ldflags", "-s -w"],
  folder: `helm-${HELM_VERSION}`,
  otherwise: "install Helm, so that helm is on the PATH",
};

const monitoring = goMod(new URL("prometheus", import.meta.url).pathname);
const PROMETHEUS_VERSION = releaseOf(monitoring.versionOf("github.com/prometheus/prometheus"));

const PROMETHEUS: Module = {
  ...monitoring,
  // Without the clients of twenty clouds, whose machines nobody looks for here.
  flags: ["-tags", "remove_all_sd", "-ldflags", "-s -w"],
  folder: `prometheus-${PROMETHEUS_VERSION}`,
  otherwise: "install Prometheus, so that prometheus and promtool are on the PATH",
};

const HEALTH_VERSION = sourcesIn("gitops-health");

const HEALTH: Module = {
  ...goMod(new URL("gitops-health", import.meta.url).pathname),
  flags: ["-ldflags", "-s -w"],
  folder: `gitops-health-${HEALTH_VERSION}`,
  otherwise: "put gitops-health on the PATH, built elsewhere",
};

export const BINARIES: Readonly<Record<BinaryName, Binary>> = {
  etcd: {
    name: "etcd",
    package: "go.etcd.io/etcd/server/v3",
    version: ETCD_VERSION,
    buildTime: "1 minute",
    module: KUBERNETES,
  },
  "kube-apiserver": kubernetes("kube-apiserver", "7 minutes"),
  "kube-controller-manager": kubernetes("kube-controller-manager", "3 minutes"),
  kubectl: kubernetes("kubectl", "1 minute"),
  helm: {
    name: "helm",
    package: "helm.sh/helm/v4/cmd/helm",
    version: HELM_VERSION,
    buildTime: "4 minutes",
    module: HELM,
  },
  prometheus: prometheus("prometheus", "1 minute"),
  promtool: prometheus("promtool", "2 minutes"),
  "gitops-health": {
    name: "gitops-health",
    package: ".",
    version: HEALTH_VERSION,
    buildTime: "1 minute",
    module: HEALTH,
  },
};

function kubernetes(name: BinaryName, buildTime: string): Binary {
  const version = KUBERNETES_VERSION;
  return { name, package: `k8s.io/kubernetes/cmd/${name}`, version, buildTime, module: KUBERNETES };
}

function prometheus(name: BinaryName, buildTime: string): Binary {
  const path = `github.com/prometheus/prometheus/cmd/${name}`;
  return { name, package: path, version: PROMETHEUS_VERSION, buildTime, module: PROMETHEUS };
}

/** Without it the API server calls itself v0.0.0-master, which clients refuse. */
function kubernetesVersion(): readonly string[] {
  const [major, minor] = KUBERNETES_VERSION.slice(1).split(".");
  const facts = {
    gitVersion: KUBERNETES_VERSION,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
  };
  return Object.entries(facts).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
}

/** Release 3.16.0 of Prometheus is v0.316.0 as a Go module. */
function releaseOf(module: string): string {
  const [, major, minor, patch] = /^v0\.(\d)(\d\d)\.(\d+)$/.exec(module) ?? [];
  if (!major) throw new Error(`${module} is not a version of Prometheus as a Go module`);
  return `v${major}.${Number(minor)}.${patch}`;
}

/** Our own program has no version but what it is made of. */
function sourcesIn(folder: string): string {
  const hash = createHash("sha256");
  for (const file of ["main.go", "go.mod", "go.sum"]) {
    hash.update(readFileSync(new URL(`${folder}/${file}`, import.meta.url)));
  }
  return hash.digest("hex").slice(0, 10);
}

function goMod(directory: string): GoMod {
  const text = readFileSync(`${directory}/go.mod`, "utf8");
  const found = (pattern: RegExp): string => {
    const match = pattern.exec(text)?.[1];
    if (!match) throw new Error(`${directory}/go.mod has no line like ${pattern.source}`);
    return match;
  };
  return {
    directory,
    requiredGo: found(/^go (\S+)$/m),
    versionOf: (module) => found(new RegExp(`^\\t${module.replaceAll(".", "\\.")} (v\\S+)`, "m")),
  };
}
