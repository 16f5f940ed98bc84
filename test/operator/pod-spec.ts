/** Pods as they are after admission: what a webhook would have put into them is in their spec. */

export const INJECTED = {
  env: [
    {
      name: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      value: "http://169.254.170.23/v1/credentials",
    },
  ],
  volumes: [projected("eks-pod-identity-token", "pods.eks.amazonaws.com")],
};
export const IRSA = {
  env: [{ name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: "/var/run/token" }],
  volumes: [projected("aws-iam-token", "sts.amazonaws.com")],
};

export interface Template {
  readonly env?: readonly object[];
  readonly volumes?: readonly object[];
  readonly labels?: Readonly<Record<string, string>>;
}

function projected(name: string, audience: string): object {
  return { name, projected: { sources: [{ serviceAccountToken: { audience, path: "token" } }] } };
}

export function podSpec(account: string, { env = [], volumes = [] }: Template) {
  return {
    serviceAccountName: account,
    containers: [{ name: "app", image: "registry.k8s.io/pause:3.10", env }],
    volumes,
  };
}
