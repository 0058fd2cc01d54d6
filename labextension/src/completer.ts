/**
 * The host's inline completer, with one mend: it is active only while there is something to accept.
 *
 * The host leaves it active when a suggestion was typed to its end, or when an answer is empty; the Tab key is then
 * caught and does nothing. It does not know where suggestions come from: the mend serves every provider.
 */

import type {
  IInlineCompleterFactory,
  InlineCompleter
} from '@jupyterlab/completer';

export function mendFactory(
  factory: IInlineCompleterFactory
): IInlineCompleterFactory {
  return { factory: options => mend(factory.factory(options)) };
}

function mend(completer: InlineCompleter): InlineCompleter {
  const prototype = Object.getPrototypeOf(completer) as object;
  Object.defineProperty(completer, 'isActive', {
    configurable: true,
    get: () =>
      !!completer.current?.insertText &&
      Boolean(Reflect.get(prototype, 'isActive', completer))
  });
  return completer;
}
