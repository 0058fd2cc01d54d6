/** The product's icon. */

import { LabIcon } from '@jupyterlab/ui-components';

export const codeComposeIcon = new LabIcon({
  name: 'jupyter-codecompose:icon',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">
  <g class="jp-icon3" fill="#616161">
    <rect x="2" y="3" width="7" height="2" rx="1"/>
    <rect x="2" y="7" width="4" height="2" rx="1"/>
    <rect x="2" y="11" width="6" height="2" rx="1"/>
    <rect x="7" y="6" width="1.2" height="4" rx=".6"/>
    <rect x="9.5" y="7" width="4.5" height="2" rx="1" opacity=".45"/>
  </g>
</svg>`
});
