/** Paging markers: opaque to clients, the key of the last entry to us. */

export const encodeMarker = (key: string): string => Buffer.from(`v1:${key}`).toString("base64url");

/** `undefined` if the text is no marker of ours. */
export function decodeMarker(marker: string): string | undefined {
  const text = Buffer.from(marker, "base64url").toString();
  return text.startsWith("v1:") ? text.slice(3) : undefined;
}
