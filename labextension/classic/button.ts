/**
 * The button in the toolbar: one word on how things are, the sentences in its tooltip; a click pauses or resumes.
 *
 * It does not ask the server anything, and the words are `glance.ts`'s.
 */

import { factsOf, type IGlance, sentencesOf, wordOf } from '../src/glance';
import type { Here } from '../src/here';
import type { Meter } from '../src/meter';
import type { StatusModel } from '../src/status';
import type { Switch } from '../src/switch';
import { english } from './english';

export interface IParts extends IGlance {
  readonly status: StatusModel;
  readonly power: Switch;
  readonly here: Here;
  readonly meter: Meter;
}

export function addButton(toolbar: Element | null, parts: IParts): void {
  const button = document.createElement('button');
  button.className = 'btn btn-default codecompose-button';
  button.type = 'button';
  // The cursor stays where it is.
  button.addEventListener('mousedown', event => event.preventDefault());
  button.addEventListener('click', () => void parts.power.toggle());
  const draw = () => {
    button.textContent = `CodeCompose: ${wordOf(parts, english)}`;
    button.title = titleOf(parts);
    button.dataset['state'] = parts.status.status.state;
    button.setAttribute('aria-pressed', String(parts.power.isOn));
  };
  parts.status.changed.connect(draw);
  parts.power.changed.connect(draw);
  parts.here.changed.connect(draw);
  parts.meter.changed.connect(draw);
  draw();
  const group = document.createElement('div');
  group.className = 'btn-group';
  group.append(button);
  toolbar?.append(group);
}

function titleOf(parts: IParts): string {
  const facts = factsOf(parts, english).map(
    ([name, value]) => `${name}: ${value}`
  );
  const press = parts.power.isOn ? 'Click to pause.' : 'Click to resume.';
  return [...sentencesOf(parts, english), press, ...facts].join('\n');
}
