/** What JupyterLab wants of a browser and jsdom does not have. Nothing is drawn, so that all of it is empty. */

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}

Object.assign(globalThis, {
  DragEvent: class extends Event {},
  // Nobody types into the page itself.
  MutationObserver: Observer,
  ResizeObserver: Observer,
  IntersectionObserver: Observer,
  matchMedia: () => ({ matches: false, addListener() {}, removeListener() {} })
});
Object.assign(Range.prototype, {
  getClientRects: () => [],
  getBoundingClientRect: () => ({ left: 0, right: 0, top: 0, bottom: 0 })
});
// jsdom matches every rule of CodeMirror's against every node, and then there is nothing to see.
const style = document.createElement('div').style;
window.getComputedStyle = () => style;
Object.defineProperty(HTMLElement.prototype, 'innerText', {
  get(this: HTMLElement) {
    return this.textContent;
  },
  set(this: HTMLElement, text: string) {
    this.textContent = text;
  }
});

export {};
