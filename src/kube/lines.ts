/** Bytes as they come over the wire → whole lines. A line, and a character of it, may be split over chunks. */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Pieces are joined once a line is whole: adding to a text of megabytes for each chunk would be quadratic.
  let pieces: string[] = [];
  for await (const chunk of chunks) {
    const [first = "", ...rest] = decoder.decode(chunk, { stream: true }).split("\n");
    pieces.push(first);
    for (const piece of rest) {
      const line = pieces.join("");
      if (line !== "") yield line;
      pieces = [piece];
    }
  }
}
