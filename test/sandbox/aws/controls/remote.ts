/** The levers of an emulator that runs in another process. */
import type { Controls } from "./controls.ts";

/** Every control over loopback HTTP, and so with a promise of its answer. */
export type RemoteControls = {
  readonly [Name in keyof Controls]: (
    ...given: Parameters<Controls[Name]>
  ) => Promise<Awaited<ReturnType<Controls[Name]>>>;
};

/** @param endpoint of the emulator, such as "http://127.0.0.1:4566" */
export function remoteControls(endpoint: string): RemoteControls {
  return new Proxy({} as RemoteControls, {
    get: (_target, name) => (given: unknown) => post(endpoint, String(name), given),
  });
}

async function post(endpoint: string, name: string, given: unknown): Promise<unknown> {
  const response = await fetch(`${endpoint}/_sandbox/${name}`, {
    method: "POST",
    body: JSON.stringify(given ?? null),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === "" ? undefined : JSON.parse(text);
}
