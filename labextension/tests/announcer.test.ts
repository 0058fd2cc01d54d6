import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Announcer, PAUSE, type Watched } from '../src/announcer';
import { FakeEditor, trans } from './fakes';

/** The host's completer, as far as it is watched. */
class FakeCompleter {
  current: { insertText: string; streaming: boolean } | null = null;
  readonly editor = new FakeEditor('');
  readonly model = {
    suggestionsChanged: new Signal<this, void>(this),
    filterTextChanged: new Signal<this, void>(this)
  };

  show(insertText: string, streaming = false): void {
    this.current = { insertText, streaming };
    this.model.suggestionsChanged.emit();
  }

  type(count: number): void {
    if (this.current) {
      this.editor.type(this.current.insertText.slice(0, count));
      this.current.insertText = this.current.insertText.slice(count);
    }
    this.model.filterTextChanged.emit();
  }

  clear(): void {
    this.current = null;
    this.model.suggestionsChanged.emit();
  }
}

class FakeRegion {
  readonly heard: string[] = [];

  get textContent(): string {
    return this.heard.at(-1) ?? '';
  }

  set textContent(text: string) {
    this.heard.push(text);
  }
}

describe('Announcer', () => {
  let region: FakeRegion;
  let announcer: Announcer;
  let completer: FakeCompleter;

  const pause = () => vi.advanceTimersByTime(PAUSE);

  beforeEach(() => {
    vi.useFakeTimers();
    region = new FakeRegion();
    announcer = new Announcer(region, trans);
    completer = new FakeCompleter();
    announcer.watch(completer as unknown as Watched);
  });

  afterEach(() => {
    announcer.dispose();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('says a suggestion once, in a pause', () => {
    completer.show('head()');
    vi.advanceTimersByTime(PAUSE - 1);
    expect(region.heard).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(region.heard).toEqual(['Suggestion: head()']);
    completer.show('head()');
    pause();
    expect(region.heard).toHaveLength(1);
  });

  it('waits until it is whole', () => {
    completer.show('he', true);
    pause();
    pause();
    expect(region.heard).toEqual([]);
    completer.show('head()');
    pause();
    expect(region.heard).toEqual(['Suggestion: head()']);
  });

  it('does not repeat what is typed along', () => {
    completer.show('head()');
    pause();
    completer.type(2);
    pause();
    completer.show('ad()');
    pause();
    expect(region.heard).toHaveLength(1);
    completer.show('sum()');
    pause();
    expect(region.textContent).toBe('Suggestion: sum()');
  });

  it('says the end of what it said where that was not typed along', () => {
    completer.show('mean()');
    pause();
    completer.editor.type('sum');
    completer.show('()');
    pause();
    expect(region.textContent).toBe('Suggestion: ()');
  });

  it('says the same suggestion at another place', () => {
    completer.show('head()');
    pause();
    completer.clear();
    pause();
    completer.show('head()');
    pause();
    expect(region.heard).toEqual([
      'Suggestion: head()',
      '',
      'Suggestion: head()'
    ]);
  });

  it.each([
    ['\n    return x', 'Suggestion: return x'],
    ['a\nb', 'Suggestion: a, and 1 more line'],
    ['a\n\n  b\nc\n', 'Suggestion: a, and 2 more lines'],
    ['\n', '']
  ])('says the first line of %j', (text, sentence) => {
    completer.show(text);
    pause();
    expect(region.textContent).toBe(sentence);
  });

  it('says nothing while it is off, nor once it is disposed', () => {
    announcer.isOn = false;
    completer.show('head()');
    pause();
    announcer.isOn = true;
    completer.show('sum()');
    announcer.dispose();
    pause();
    completer.show('max()');
    pause();
    expect(region.heard).toEqual(['']);
  });
});
