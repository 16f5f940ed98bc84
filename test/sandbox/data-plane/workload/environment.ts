/** What a container of an admitted Pod gets from its kubelet: its variables and the token files of its volumes. */
import type { Container, Pod, TokenSource } from "../pod.ts";

export interface TokenFile {
  /** As the container sees it. */
  readonly path: string;
  readonly source: TokenSource;
}

/** @throws Error if there is none by that name */
export function containerOf({ spec, metadata }: Pod, name: string | undefined): Container {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const container = name === undefined ? all[0] : all.find((one) => one.name === name);
  if (!container) throw new Error(`pod ${metadata.name} has no container ${name}`);
  return container;
}

/** @throws Error for a variable that is more than a plain value: this kubelet knows no other */
export function environmentOf({ env = [], name }: Container): Record<string, string> {
  return Object.fromEntries(
    env.map((variable) => {
      if (variable.valueFrom) {
        throw new Error(`container ${name}: ${variable.name} is not a plain value`);
      }
      return [variable.name, variable.value ?? ""];
    }),
  );
}

export function tokenFilesOf({ spec }: Pod, { volumeMounts = [] }: Container): TokenFile[] {
  return volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = (spec.volumes ?? []).find((one) => one.name === name);
    const sources = volume?.projected?.sources ?? [];
    return sources.flatMap(({ serviceAccountToken: source }) =>
      source ? [{ path: `${mountPath}/${source.path}`, source }] : [],
    );
  });
}
