/** The command lines of etcd, kube-apiserver and kube-controller-manager, and why each flag is there. */

/** Paths are relative: every component runs in the control plane's own folder, which only its owner may enter. */
export const FILES = {
  ca: "ca.crt",
  servingCertificate: "serving.crt",
  servingKey: "serving.key",
  tokenKey: "service-accounts.key",
  auditPolicy: "audit-policy.yaml",
  auditLog: "audit.log",
  etcdSocket: "etcd.sock:0",
} as const;

/** A socket in a private folder instead of a port: etcd asks nobody for a password. */
const ETCD_URL = `unix://${FILES.etcdSocket}`;
const ETCD_PEER_URL = "unix://peer.sock:0";

export function etcdArguments(): string[] {
  return [
    "--name=sandbox",
    "--data-dir=etcd",
    `--listen-client-urls=${ETCD_URL}`,
    `--advertise-client-urls=${ETCD_URL}`,
    `--listen-peer-urls=${ETCD_PEER_URL}`,
    // Never dialled, but it must look like host and port.
    "--initial-advertise-peer-urls=http://localhost:0",
    "--initial-cluster=sandbox=http://localhost:0",
    // The data live as long as the processes do: waiting for the disk buys nothing.
    "--unsafe-no-fsync",
    "--quota-backend-bytes=8589934592",
    "--log-level=warn",
  ];
}

export function apiServerArguments(port: number, issuer: string): string[] {
  return [
    `--etcd-servers=${ETCD_URL}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${FILES.servingCertificate}`,
    `--tls-private-key-file=${FILES.servingKey}`,
    `--client-ca-file=${FILES.ca}`,
    "--authorization-mode=RBAC",
    `--service-account-issuer=${issuer}`,
    // As EKS publishes it; a URI that is not https would switch the discovery document off.
    `--service-account-jwks-uri=${issuer}/keys`,
    "--api-audiences=https://kubernetes.default.svc",
    `--service-account-key-file=${FILES.tokenKey}`,
    `--service-account-signing-key-file=${FILES.tokenKey}`,
    "--service-cluster-ip-range=10.96.0.0/16",
    "--allow-privileged=true",
    `--audit-policy-file=${FILES.auditPolicy}`,
    `--audit-log-path=${FILES.auditLog}`,
    // 127.0.0.1 is refused as an endpoint of the service "kubernetes", again and again.
    "--endpoint-reconciler-type=none",
    // On a small machine its queues would make a busy test look like a slow operator.
    "--enable-priority-and-fairness=false",
    "--max-requests-inflight=3000",
    "--max-mutating-requests-inflight=1000",
    "--profiling=false",
  ];
}

/** They need nodes, a cloud, or keys that are not there; pod-garbage-collector would delete pods "on" missing nodes. */
const NOT_HERE = [
  "certificatesigningrequest-signing-controller",
  "cloud-node-lifecycle-controller",
  "device-taint-eviction-controller",
  "node-ipam-controller",
  "node-lifecycle-controller",
  "node-route-controller",
  "persistentvolume-attach-detach-controller",
  "persistentvolume-binder-controller",
  "persistentvolume-expander-controller",
  "pod-garbage-collector-controller",
  "service-lb-controller",
  "taint-eviction-controller",
  "ttl-controller",
];

export function controllerManagerArguments(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=*,${NOT_HERE.map((name) => `-${name}`).join(",")}`,
    "--leader-elect=false",
    // Nobody scrapes it: no port at all.
    "--secure-port=0",
    `--root-ca-file=${FILES.ca}`,
    `--service-account-private-key-file=${FILES.tokenKey}`,
    // Each controller as itself, with the rights that RBAC gives it, as in a real cluster.
    "--use-service-account-credentials=true",
    // The defaults (20/s) would make the garbage collector what a test of 500 objects waits for.
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
  ];
}
