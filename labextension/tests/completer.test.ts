// @vitest-environment jsdom
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acceptPart, dismiss } from '../src/accept';
import { nextLine, nextWord } from '../src/parts';
import { settle } from './fakes';
import { Lab } from './lab';

const ACTIVE = 'jp-mod-inline-completer-active';

describe('the completer of the host', () => {
  let lab: Lab;

  beforeEach(() => {
    vi.useFakeTimers();
    lab = new Lab();
  });

  afterEach(() => {
    lab.dispose();
    vi.useRealTimers();
  });

  const isCaught = () => lab.editor.host.classList.contains(ACTIVE);

  /** Lets the host draw what it has put off. */
  async function draw() {
    await vi.advanceTimersByTimeAsync(100);
    lab.flush();
  }

  /** Has `text` suggested where the cursor is. */
  async function suggest(text: string) {
    lab.handler.invokeInline();
    await settle();
    lab.client.last.say(text);
    lab.client.last.end();
    await draw();
    expect(lab.ghost).toBe(text);
  }

  async function accept(partOf: (text: string) => string) {
    acceptPart(lab.completer, partOf);
    await draw();
  }

  it('catches keys while there is something to accept', async () => {
    await lab.reset('a = ');
    expect(isCaught()).toBe(false);
    await suggest('b');
    expect(isCaught()).toBe(true);
    lab.type('b');
    expect(isCaught()).toBe(false);
    await draw();
    expect([isCaught(), lab.completer.isActive]).toEqual([false, false]);
  });

  it('catches none when the suggestion was typed away', async () => {
    await lab.reset('a = ');
    await suggest('b');
    lab.type('q');
    expect(isCaught()).toBe(false);
    await draw();
    expect(isCaught()).toBe(false);
  });

  it('catches none at an error', async () => {
    await lab.reset('a = ');
    lab.handler.invokeInline();
    await settle();
    lab.client.last.send({ type: 'fault', code: 'down', message: 'No.' });
    await draw();
    expect(lab.completer.current?.error?.message).toBe('No.');
    expect(isCaught()).toBe(false);
  });

  it('catches none when a stream ends with what was typed', async () => {
    await lab.reset('a = ');
    lab.handler.invokeInline();
    await settle();
    lab.client.last.say('b');
    await draw();
    lab.type('b');
    await draw();
    lab.client.last.end();
    await draw();
    expect([lab.text, lab.seen, isCaught()]).toEqual(['a = b', '', false]);
  });

  it('shows what can be accepted, and nothing else', async () => {
    await lab.reset('a = ');
    await suggest('bc');
    lab.completer.model?.setCompletions({ items: [] });
    await draw();
    expect([lab.seen, isCaught()]).toEqual(['', false]);
    const item = { insertText: 'late', provider: lab.provider };
    const late = { ...item, stream: new Signal({}), streaming: false };
    lab.completer.model?.appendCompletions({ items: [late as never] });
    await draw();
    expect([lab.seen, isCaught()]).toEqual(['late', true]);
  });

  it('draws nothing at a key where nothing is grey', async () => {
    await lab.reset('a = ');
    lab.handler.invokeInline();
    await settle();
    lab.client.last.end();
    await draw();
    const events: string[] = [];
    lab.completer.model?.suggestionsChanged.connect((_, { event }) =>
      events.push(event)
    );
    lab.type('b');
    await draw();
    expect(events).not.toContain('clear');
  });

  it('accepts at the cursor where blanks were typed along', async () => {
    await lab.reset('def f():\n');
    await suggest('    return 1');
    lab.type('  ');
    await draw();
    expect(lab.ghost).toBe('  return 1');
    lab.accept();
    expect(lab.text).toBe('def f():\n    return 1');
  });

  it('undoes what was accepted, and not what was typed just before', async () => {
    await lab.reset('');
    lab.type('a = ');
    await suggest('b');
    lab.completer.accept();
    lab.undo();
    expect(lab.text).toBe('a = ');
  });

  it('accepts word by word, with one request', async () => {
    await lab.reset('x = ');
    await suggest('frame.mean(1)\ny = 2');
    const seen = [];
    while (lab.ghost) {
      await accept(nextWord);
      seen.push([lab.text, lab.ghost]);
    }
    expect(seen).toEqual([
      ['x = frame', '.mean(1)\ny = 2'],
      ['x = frame.mean', '(1)\ny = 2'],
      ['x = frame.mean(', '1)\ny = 2'],
      ['x = frame.mean(1', ')\ny = 2'],
      ['x = frame.mean(1)', '\ny = 2'],
      ['x = frame.mean(1)\ny', ' = 2'],
      ['x = frame.mean(1)\ny =', ' 2'],
      ['x = frame.mean(1)\ny = 2', '']
    ]);
    expect(isCaught()).toBe(false);
  });

  it('accepts line by line, and each can be undone', async () => {
    await lab.reset('for x in y:');
    await suggest('\n    a(x)\n\n    b(x)');
    await accept(nextLine);
    expect([lab.text, lab.ghost]).toEqual([
      'for x in y:\n    a(x)',
      '\n\n    b(x)'
    ]);
    expect(lab.seen).toBe('\n\n    b(x)');
    await accept(nextLine);
    expect(lab.text).toBe('for x in y:\n    a(x)\n\n    b(x)');
    lab.undo();
    expect(lab.text).toBe('for x in y:\n    a(x)');
    lab.undo();
    expect(lab.text).toBe('for x in y:');
  });

  it('accepts a word of a stream, which goes on', async () => {
    await lab.reset('x = ');
    lab.handler.invokeInline();
    await settle();
    lab.client.last.say('one + t');
    await draw();
    await accept(nextWord);
    expect([lab.text, lab.ghost]).toEqual(['x = one', ' + t']);
    lab.client.last.say('wo');
    await draw();
    expect([lab.text, lab.ghost]).toEqual(['x = one', ' + two']);
    lab.client.last.end();
    await draw();
    expect(lab.client.requests.length).toBe(1);
  });

  it('doubles no letter of a stream, not even until an answer comes', async () => {
    await lab.reset('x = ');
    lab.handler.invokeInline();
    await settle();
    lab.client.last.say('ab');
    await draw();
    lab.client.last.say('c');
    await draw();
    lab.type('abc');
    await Promise.resolve();
    expect([lab.text, lab.seen]).toEqual(['x = abc', '']);
  });

  it('takes away what is dismissed, also while it grows', async () => {
    await lab.reset('x = ');
    lab.handler.invokeInline();
    await settle();
    lab.client.last.say('one');
    await draw();
    lab.provider.dismiss();
    dismiss(lab.completer);
    lab.client.last.say(' two');
    lab.client.last.end();
    await draw();
    expect([lab.text, lab.seen, isCaught()]).toEqual(['x = ', '', false]);
  });
});
