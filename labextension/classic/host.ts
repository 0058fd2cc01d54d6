/**
 * What is used of the classic notebook and of its editor, CodeMirror 5: neither comes with types.
 *
 * Only shapes; the names are the host's.
 */

export interface IPosition {
  line: number;
  ch: number;
}

export interface IChange {
  origin?: string;
}

/** Something drawn into an editor that is not part of its text. */
export interface IMark {
  clear(): void;
}

export interface ICodeMirror {
  getValue(): string;
  getLine(line: number): string;
  getCursor(): IPosition;
  indexFromPos(position: IPosition): number;
  hasFocus(): boolean;
  somethingSelected(): boolean;
  getMode(): { readonly name?: string };
  replaceRange(
    text: string,
    from: IPosition,
    to?: IPosition,
    origin?: string
  ): void;
  setBookmark(
    position: IPosition,
    options: { widget: HTMLElement; insertLeft: boolean }
  ): IMark;
  markText(
    from: IPosition,
    to: IPosition,
    options: { collapsed: boolean }
  ): IMark;
  addLineWidget(line: number, node: HTMLElement): IMark;
  operation<T>(run: () => T): T;
  getWrapperElement(): HTMLElement;
  on(event: 'changes', listen: (cm: this, changes: IChange[]) => void): void;
  on(
    event: 'cursorActivity' | 'focus' | 'blur',
    listen: (cm: this) => void
  ): void;
}

export interface ICell {
  readonly cell_type: string;
  readonly code_mirror: ICodeMirror;
  readonly metadata: Record<string, unknown>;
  /** A number, '*' while the cell runs, and null before. */
  readonly input_prompt_number?: unknown;
  readonly output_area?: { readonly outputs: readonly unknown[] } | null;
  get_text(): string;
}

export interface INotebook {
  readonly base_url: string;
  readonly notebook_path: string;
  readonly metadata: Record<string, unknown>;
  readonly kernel: { readonly id: string } | null;
  readonly config: IConfig;
  get_cells(): ICell[];
  get_selected_cell(): ICell | null;
  set_dirty(value: boolean): void;
}

export interface IConfig {
  readonly loaded: Promise<void>;
  readonly data: Record<string, unknown>;
  update(values: Record<string, unknown>): Promise<unknown>;
}

export interface IShortcuts {
  add_shortcut(keys: string, action: string): void;
}

export interface IJupyter {
  readonly notebook: INotebook;
  readonly notification_area: {
    widget(name: string): { warning(message: string, timeout: number): void };
  };
  readonly keyboard_manager: {
    readonly actions: {
      register(
        action: { help: string; icon?: string; handler: () => void },
        name: string,
        prefix: string
      ): string;
    };
    readonly edit_shortcuts: IShortcuts;
  };
}

/** jQuery's events, on which the host announces what happens. */
export interface IEvents {
  on(
    events: string,
    listen: (event: unknown, data?: { cell?: ICell }) => void
  ): void;
}
