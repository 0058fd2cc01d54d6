/** What comes back from the server: a status, and text as it comes. */

export interface IReply {
  readonly status: number;
  /** Throws where it breaks off. Who begins to read and goes no further closes the connection. */
  readonly texts: AsyncIterable<string>;
}

/** The browser's answer as a reply. */
export function replyOf({ status, body }: Response): IReply {
  return { status, texts: textsIn(body) };
}

/** All of the text. */
export async function whole({ texts }: IReply): Promise<string> {
  let all = '';
  for await (const text of texts) {
    all += text;
  }
  return all;
}

async function* textsIn(
  body: ReadableStream<Uint8Array> | null
): AsyncGenerator<string, void, void> {
  if (!body) {
    return;
  }
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let more = true; more;) {
      const { done, value } = await reader.read();
      yield decoder.decode(value, { stream: !done });
      more = !done;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
