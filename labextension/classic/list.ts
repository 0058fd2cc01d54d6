/** The host's list of completions, which it opens at Tab; the grey text stays away from it. */

const LIST = '#complete';

export function isListOpen(): boolean {
  return document.querySelector(LIST) !== null;
}

/** Calls `opened` when the list comes, and `closed` when it goes, as long as the page lives. */
export function watchList(opened: () => void, closed: () => void): void {
  new MutationObserver(records => {
    if (records.some(record => [...record.addedNodes].some(isList))) {
      opened();
    } else if (records.some(record => [...record.removedNodes].some(isList))) {
      closed();
    }
  }).observe(document.body, { childList: true });
}

function isList(node: Node): boolean {
  return node instanceof HTMLElement && node.matches(LIST);
}
