/** Puts the rules into the page. The usual loaders of CSS are larger than our few rules. */

import rules from './index.raw.css';

const style = document.createElement('style');
style.textContent = rules;
document.head.append(style);
