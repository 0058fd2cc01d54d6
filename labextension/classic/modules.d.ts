/** The modules of the classic notebook that are loaded at run time. */

declare module 'base/js/namespace' {
  const Jupyter: import('./host').IJupyter;
  export default Jupyter;
}

declare module 'base/js/events' {
  const events: import('./host').IEvents;
  export default events;
}
