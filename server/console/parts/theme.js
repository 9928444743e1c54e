// Light or dark: the system's choice until somebody makes another.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';

const KEY = 'zest-theme';

/** The theme that was chosen last; before anything is drawn. */
export function applyTheme() {
  const theme = localStorage.getItem(KEY);
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}

function isDark() {
  return (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
}

export function themeButton() {
  const button = h('button', {type: 'button', class: 'quiet icon', onclick: () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    localStorage.setItem(KEY, document.documentElement.dataset.theme);
    update();
  }});
  const update = () => {
    const name = isDark() ? 'Light colours' : 'Dark colours';
    fill(button, icon(isDark() ? 'sun' : 'moon'));
    button.setAttribute('aria-label', name);
    button.title = name;
  };
  update();
  return button;
}
