/** However the network cuts a stream of bytes, the lines that come out are those that were sent. */
import { expect } from "chai";
import fc from "fast-check";
import { lines } from "../../src/kube/lines.ts";

async function* cut(bytes: Uint8Array, sizes: readonly number[]) {
  let start = 0;
  for (const size of sizes) {
    yield bytes.subarray(start, start + size);
    start += size;
  }
  yield bytes.subarray(start);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines(chunks)) all.push(line);
  return all;
}

describe("lines of a stream", () => {
  it("are whole wherever it is cut, in a line or in a character", async () => {
    const line = fc.string({ unit: "grapheme", minLength: 1 }).map((text) => JSON.stringify(text));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(9)), async (sent, sizes) => {
        const bytes = new TextEncoder().encode(sent.map((text) => `${text}\n`).join(""));
        expect(await collect(cut(bytes, sizes))).to.deep.equal(sent);
      }),
    );
  });

  it("do not include a last one that was not finished", async () => {
    const bytes = new TextEncoder().encode('{"whole":1}\n{"half":');
    expect(await collect(cut(bytes, []))).to.deep.equal(['{"whole":1}']);
  });
});
