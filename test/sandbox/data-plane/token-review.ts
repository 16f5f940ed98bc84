/** Asks the API server whose token it is, as EKS Auth does with the cluster's keys. */
import type { Transport } from "../../../src/kube/transport.ts";

export interface ReviewedToken {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly podName: string;
  readonly podUid: string;
}

/** `undefined`: not one of this cluster's tokens, expired, for somebody else, or of a Pod that is gone. */
export type ReviewToken = (token: string) => Promise<ReviewedToken | undefined>;

interface TokenReview {
  readonly status: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

export const AUDIENCE = "pods.eks.amazonaws.com";
const EXTRA = "authentication.kubernetes.io/";

export function tokenReviewer(transport: Transport): ReviewToken {
  return async (token) => {
    const review = await transport.json<TokenReview>({
      method: "POST",
      path: "/apis/authentication.k8s.io/v1/tokenreviews",
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token, audiences: [AUDIENCE] },
      },
    });
    return subjectOf(review);
  };
}

function subjectOf({ status }: TokenReview): ReviewedToken | undefined {
  const { username = "", extra = {} } = status.user ?? {};
  const [, namespace, serviceAccount] =
    /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  const podName = extra[`${EXTRA}pod-name`]?.[0];
  const podUid = extra[`${EXTRA}pod-uid`]?.[0];
  if (!status.authenticated || !namespace || !serviceAccount || !podName || !podUid) {
    return undefined;
  }
  return { namespace, serviceAccount, podName, podUid };
}
